import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { EngineFacts, Model } from '#contract/models.ts';
import { api } from '../../api/client.ts';
import { useEngineSpecs } from '../../api/queries.ts';
import { backendName, capacityOf, engineName, isComing, progressWords } from '../../parts/model-state.tsx';
import { Code } from '../../ui/copy.tsx';
import { When } from '../../ui/figure.tsx';
import { count, shellLines } from '../../ui/format.ts';
import { Card, Fact, Section } from '../../ui/page.tsx';
import { Cure } from '../../ui/prose.tsx';
import { ProgressLine } from '../../ui/progress.tsx';
import { Notice } from '../../ui/state.tsx';
import { draftOf } from './delete-model.tsx';
import { DiagnosisView } from './diagnosis.tsx';

export function ModelOverview({ model }: { readonly model: Model }) {
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
        <Section title="Model">
          <Card>
            <dl className="divide-y">
              <Fact label="Source">
                <code className="font-mono text-xs break-all">{model.local_path ?? model.repo_id ?? '—'}</code>
              </Fact>
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
        <Section title="Engine">
          <Card>
            <EngineList model={model} />
          </Card>
        </Section>
      </div>
      <CommandSection model={model} />
    </div>
  );
}

function Coming({ model }: { readonly model: Model }) {
  const words = model.progress === null ? 'Starting the engine' : progressWords(model.progress);
  return (
    <Card className="px-4 py-3">
      <output className="font-medium tabular-nums">{words}</output>
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
  const backend = engine?.backend ?? null;
  if (engine !== null && backend !== null)
    facts.push([
      'Runs on',
      [backendName(backend), ...engine.devices.map((device) => device.replace(/^CPU: /, ''))].join(' · '),
    ]);
  const layers = engine === null ? null : gpuLayers(engine);
  if (layers !== null) facts.push(['Layers on the GPU', layers]);
  if (capacity.contextLength !== null) facts.push(['Context', `${count(capacity.contextLength)} tokens`]);
  if (capacity.slots !== null) facts.push(['Slots', count(capacity.slots)]);
  const pid = engine?.pid ?? null;
  if (pid !== null) facts.push(['Process', String(pid)]);
  if (model.port !== null) facts.push(['Engine port', `127.0.0.1:${model.port}`]);
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

function CommandSection({ model }: { readonly model: Model }) {
  const specs = useEngineSpecs();
  const fields = specs.data?.find((spec) => spec.engine_type === model.engine_type)?.fields;
  const preview = useQuery({
    ...api.models.dryRunDraft.queryOptions({ input: draftOf(model, fields ?? []) }),
    enabled: fields !== undefined,
  });
  if (preview.data === undefined) return null;
  return (
    <Section title="Command" note="What a start runs. The engine's port and key are made anew each time.">
      <Code text={shellLines(preview.data.command)} what="command" />
    </Section>
  );
}
