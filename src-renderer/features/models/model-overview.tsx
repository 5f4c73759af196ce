import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { toast } from 'sonner';
import type { EngineFacts, FieldPatch, Model } from '#contract/models.ts';
import { client } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { patchBefore } from '../../parts/model-actions.ts';
import { backendName, capacityOf, engineName, gpuWords, isComing } from '../../parts/model-state.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { When } from '../../ui/figure.tsx';
import { count } from '../../ui/format.ts';
import { Card, Fact, Section } from '../../ui/page.tsx';
import { Cure } from '../../ui/prose.tsx';
import { ProgressLine } from '../../ui/progress.tsx';
import { ErrorPanel, Notice } from '../../ui/state.tsx';
import { useComingWords } from './coming.ts';
import { DiagnosisView } from './diagnosis.tsx';
import { useLabels } from './engine-labels.ts';
import { ImagePin } from './image-pin.tsx';
import { useModelPlan } from './memory.tsx';
import { MemoryBar } from './memory-bar.tsx';
import { Command, Warnings } from './plan-panel.tsx';

export function ModelOverview({ model }: { readonly model: Model }) {
  const plan = useModelPlan(model);
  const mend = useMend(model);
  const labelOf = useLabels(model.engine_type);
  return (
    <div>
      <div className="mb-5 grid grid-cols-1 gap-3 empty:hidden">
        {isComing(model) ? <Coming model={model} /> : null}
        {model.state === 'failed' ? <Failed model={model} /> : null}
        {model.state === 'stopped' && model.state_detail !== null ? (
          <Notice tone="stopped" title={model.state_detail} />
        ) : null}
        {model.engine?.notices.map((notice) => (
          <Notice key={notice} tone="warning" title={<Cure text={notice} />} />
        ))}
      </div>
      <div className="grid grid-cols-1 gap-x-6 min-[1100px]:grid-cols-2">
        <div>
          <Section title="Model">
            <Card>
              <dl className="divide-y">
                <Fact label="Source">
                  <code className="font-mono text-xs break-all">{model.local_path ?? model.repo_id ?? '—'}</code>
                </Fact>
                {model.mode === 'online' ? (
                  <Fact label="Hugging Face token">{model.hf_token_set ? 'kept' : 'none'}</Fact>
                ) : null}
                <Fact label="Task">{model.task === 'embed' ? 'Embeddings' : 'Text generation'}</Fact>
                <Fact label="Created">
                  <When at={model.created_at} />
                </Fact>
                <Fact label="Last used">
                  <When at={model.last_used_at} />
                </Fact>
              </dl>
            </Card>
          </Section>
          <div className="mb-7 grid grid-cols-1 gap-3">
            <MemoryBar plan={plan.data} model={model} loading={plan.isPending} />
            <Warnings warnings={plan.data?.warnings ?? []} labelOf={labelOf} onPatch={(patch) => mend.mutate(patch)} />
          </div>
        </div>
        <Section title="Engine">
          <Card>
            <EngineList model={model} />
          </Card>
        </Section>
      </div>
      {plan.error === null ? null : (
        <ErrorPanel what="It is not known what a start would do" problem={describeError(plan.error)} />
      )}
      {plan.data === undefined && !plan.isPending ? null : (
        <Section title="What a start runs" note="The engine's port and key are made anew each time.">
          <Command plan={plan.data} waiting={plan.isPending} />
        </Section>
      )}
    </div>
  );
}

function Coming({ model }: { readonly model: Model }) {
  const words = useComingWords(model);
  return (
    <Card className="px-4 py-3">
      <output className="font-medium tabular-nums">{words}</output>
      {model.state_detail === null ? null : <p className="wrap-anywhere text-dim">{model.state_detail}</p>}
      <ProgressLine label={`Loading ${model.name}`} fraction={model.progress?.fraction ?? null} className="mt-2" />
    </Card>
  );
}

function Failed({ model }: { readonly model: Model }) {
  if (model.diagnosis === null)
    return <Notice tone="failed" role="alert" title={model.state_detail ?? 'The engine failed.'} />;
  return (
    <Card className="relative overflow-hidden px-4 py-3 before:absolute before:inset-y-0 before:left-0 before:w-[3px] before:bg-failed">
      <DiagnosisView model={model} diagnosis={model.diagnosis} />
    </Card>
  );
}

function gpuLayers(engine: EngineFacts): string | null {
  return engine.gpu_layers === null ? null : `${engine.gpu_layers.offloaded} of ${engine.gpu_layers.total}`;
}

function engineFacts(model: Model): readonly (readonly [string, ReactNode])[] {
  const { engine } = model;
  const capacity = capacityOf(model);
  const facts: (readonly [string, ReactNode])[] = [
    ['Engine', [engineName(model.engine_type), engine?.version ?? ''].join(' ')],
    ['Runtime', model.runtime === 'process' ? 'Process on this machine' : 'Container'],
  ];
  if (model.runtime === 'container') facts.push(['Image', <ImagePin key="image" model={model} />]);
  facts.push(['GPUs', gpuWords(model)]);
  const backend = engine?.backend ?? null;
  if (engine !== null && backend !== null)
    facts.push(['Runs on', [backendName(backend), ...new Set(engine.devices.map(plainDevice))].join(' · ')]);
  const layers = engine === null ? null : gpuLayers(engine);
  if (layers !== null) facts.push(['Layers on the GPU', layers]);
  if (capacity.contextLength !== null) facts.push(['Context', `${count(capacity.contextLength)} tokens`]);
  if (capacity.slots !== null)
    facts.push([model.engine_type === 'vllm' ? 'Requests at once' : 'Slots', count(capacity.slots)]);
  return [...facts, ...runningFacts(model)];
}

const plainDevice = (device: string) => device.replace(/^CPU: /, '');

/** What only a running engine has. */
function runningFacts({ engine, port, container_name: container }: Model): readonly (readonly [string, ReactNode])[] {
  const facts: (readonly [string, ReactNode])[] = [];
  if (engine !== null && engine.kv_cache_tokens !== null) {
    const most =
      engine.max_concurrency === null ? '' : `, ${engine.max_concurrency.toFixed(1)} requests of full length`;
    facts.push(['KV cache holds', `${count(engine.kv_cache_tokens)} tokens${most}`]);
  }
  if (engine !== null && engine.pid !== null) facts.push(['Process', String(engine.pid)]);
  if (container !== null)
    facts.push([
      'Container',
      <span key="container" className="flex items-center gap-1">
        <code className="font-mono text-xs break-all">{container}</code>
        <CopyButton text={container} what="container name" />
      </span>,
    ]);
  if (port !== null) facts.push(['Engine port', `127.0.0.1:${port}`]);
  if (engine !== null && engine.restarts > 0)
    facts.push(['Restarted', `${engine.restarts === 1 ? 'once' : `${engine.restarts} times`} since it was started`]);
  return facts;
}

function EngineList({ model }: { readonly model: Model }) {
  return (
    <dl className="divide-y tabular-nums">
      {engineFacts(model).map(([label, value]) => (
        <Fact key={label} label={label}>
          {value}
        </Fact>
      ))}
    </dl>
  );
}

/** Mends a warning at once, and offers to take it back. */
function useMend(model: Model) {
  return useMutation({
    mutationFn: (patch: FieldPatch) => client.models.update({ ...patch, id: model.id }),
    onSuccess: (_, patch) => {
      const before = patchBefore(model, patch);
      const undo = () =>
        void client.models
          .update({ ...before, id: model.id })
          .catch((error: unknown) => toastFailure('It could not be taken back', error));
      toast('The setting was changed', { action: { label: 'Undo', onClick: undo } });
    },
    onError: (error) => toastFailure('The setting was not changed', error),
  });
}
