import { Link, useNavigate } from '@tanstack/react-router';
import { ChevronRight, MessageSquare, Play, ScrollText, Square } from 'lucide-react';
import { useState } from 'react';
import type { Diagnosis, Model } from '#contract/models.ts';
import { useStartModel, useStopModel } from '../../parts/model-actions.ts';
import {
  backendName,
  capacityOf,
  engineName,
  gpuWords,
  isComing,
  isUp,
  ModelStateMark,
} from '../../parts/model-state.tsx';
import { IconButton } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { When } from '../../ui/figure.tsx';
import { count } from '../../ui/format.ts';
import { ProgressLine } from '../../ui/progress.tsx';
import { useComingWords } from './coming.ts';
import { DiagnosisView, FirstFix } from './diagnosis.tsx';
import { MemoryCell } from './memory.tsx';
import { ModelMenu } from './model-menu.tsx';

const STATE_ORDER = ['failed', 'running', 'loading', 'starting', 'stopping', 'stopped'];
const dash = <span className="text-dim">—</span>;

function Capacity({ value }: { readonly value: number | null }) {
  return value === null ? dash : count(value);
}

function NameCell({ model }: { readonly model: Model }) {
  return (
    <div className="min-w-0">
      <Link
        to="/models/$id"
        params={{ id: String(model.id) }}
        title={model.name}
        className="block truncate rounded-sm font-medium hover:underline"
      >
        {model.name}
      </Link>
      <div className="truncate font-mono text-xs text-dim" title={model.served_model_name}>
        {model.served_model_name}
      </div>
    </div>
  );
}

function EngineCell({ model }: { readonly model: Model }) {
  const backend = model.engine?.backend ?? null;
  return (
    <div className="whitespace-nowrap">
      {engineName(model.engine_type)}
      <div className="text-xs text-dim">
        {model.runtime}
        {backend === null ? '' : ` · ${backendName(backend)}`}
      </div>
    </div>
  );
}

function StateCell({ model }: { readonly model: Model }) {
  return (
    <div className="w-28">
      <ModelStateMark state={model.state} />
    </div>
  );
}

const COLUMNS: readonly Column<Model>[] = [
  {
    id: 'state',
    header: 'State',
    className: 'w-px',
    sortBy: (model) => STATE_ORDER.indexOf(model.state),
    cell: (model) => <StateCell model={model} />,
  },
  {
    id: 'name',
    header: 'Model',
    flexible: true,
    sortBy: (model) => model.name.toLowerCase(),
    cell: (model) => <NameCell model={model} />,
  },
  {
    id: 'engine',
    header: 'Engine',
    sortBy: (model) => `${model.engine_type} ${model.runtime}`,
    cell: (model) => <EngineCell model={model} />,
  },
  {
    id: 'gpus',
    header: 'GPUs',
    shown: 'wide',
    sortBy: gpuWords,
    cell: (model) => <span className="whitespace-nowrap tabular-nums">{gpuWords(model)}</span>,
  },
  {
    id: 'memory',
    header: 'Memory',
    numeric: true,
    className: 'w-24',
    shown: 'not-narrow',
    cell: (model) => <MemoryCell model={model} />,
  },
  {
    id: 'context',
    header: 'Context',
    numeric: true,
    className: 'w-24',
    shown: 'wide',
    sortBy: (model) => capacityOf(model).contextLength,
    cell: (model) => <Capacity value={capacityOf(model).contextLength} />,
  },
  {
    id: 'used',
    header: 'Last used',
    numeric: true,
    className: 'w-28',
    sortBy: (model) => model.last_used_at,
    cell: (model) => <When at={model.last_used_at} />,
  },
  {
    id: 'actions',
    header: 'Actions',
    silent: true,
    className: 'w-px',
    cell: (model) => <RowActions model={model} />,
  },
];

function RowActions({ model }: { readonly model: Model }) {
  const navigate = useNavigate();
  const start = useStartModel();
  const stop = useStopModel();
  const id = String(model.id);
  return (
    <div className="relative flex justify-end">
      {/* Over the row's end and not beside it: figures keep their place and the table its width. */}
      <div className="absolute top-1/2 right-full flex -translate-y-1/2 gap-0.5 rounded-md bg-raised p-0.5 opacity-0 shadow-float transition-opacity group-focus-within/row:opacity-100 group-hover/row:opacity-100 has-data-popup-open:opacity-100">
        <IconButton
          label={`Test ${model.name} in the playground`}
          onClick={() => void navigate({ to: '/playground', search: { model: model.served_model_name } })}
        >
          <MessageSquare aria-hidden />
        </IconButton>
        <IconButton
          label={`Logs of ${model.name}`}
          onClick={() => void navigate({ to: '/models/$id', params: { id }, search: { tab: 'logs' } })}
        >
          <ScrollText aria-hidden />
        </IconButton>
        <ModelMenu model={model} />
      </div>
      {isUp(model) ? (
        <IconButton label={`Stop ${model.name}`} busy={stop.isPending} onClick={() => stop.mutate(model)}>
          <Square aria-hidden className="!size-3 fill-current" />
        </IconButton>
      ) : (
        <IconButton
          label={`Start ${model.name}`}
          disabled={model.state === 'stopping' || model.archived}
          // The request stays open until the engine is up or has failed; the row itself shows how far it is.
          busy={start.isPending && model.state === 'stopped'}
          onClick={() => start.mutate(model)}
        >
          <Play aria-hidden className="!size-3.5 fill-current" />
        </IconButton>
      )}
    </div>
  );
}

/** The indent of the name column: the state's 112 px and the cells' padding. */
const UNDER_NAME = 'pl-[144px]';

function Coming({ model }: { readonly model: Model }) {
  const words = useComingWords(model);
  return (
    <div>
      <div className={classNames('pb-1.5 text-xs text-dim tabular-nums', UNDER_NAME)}>
        {words}
        {model.state_detail === null ? '' : `. ${model.state_detail}`}
      </div>
      <ProgressLine
        label={`Loading ${model.name}`}
        fraction={model.progress?.fraction ?? null}
        className="rounded-none"
      />
    </div>
  );
}

function Failed({ model }: { readonly model: Model }) {
  const { diagnosis } = model;
  const [open, setOpen] = useState(false);
  if (diagnosis === null)
    return <p className={classNames('pr-4 pb-2.5 wrap-anywhere text-dim', UNDER_NAME)}>{model.state_detail}</p>;
  return (
    <div className={classNames('pr-4 pb-1', UNDER_NAME)}>
      {open ? null : <FirstFix model={model} diagnosis={diagnosis} />}
      {open ? <DiagnosisView model={model} diagnosis={diagnosis} /> : null}
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="-ml-1 inline-flex h-7 items-center gap-1 rounded-sm px-1 text-xs text-dim hover:text-ink"
      >
        <ChevronRight aria-hidden className={classNames('size-3.5 transition-transform', open && 'rotate-90')} />
        {open ? 'Less' : evidenceWords(diagnosis)}
        <span className="sr-only"> on why {model.name} failed</span>
      </button>
    </div>
  );
}

function evidenceWords({ evidence, fixes }: Diagnosis): string {
  const parts = [
    evidence.length === 0
      ? []
      : [evidence.length === 1 ? '1 line of evidence' : `${evidence.length} lines of evidence`],
    fixes.length < 2 ? [] : [`${fixes.length} ways to mend it`],
  ].flat();
  return parts.length === 0 ? 'More' : parts.join(', ');
}

function detailOf(model: Model) {
  if (isComing(model)) return <Coming model={model} />;
  if (model.state === 'failed' && (model.diagnosis !== null || model.state_detail !== null))
    return <Failed model={model} />;
  if (model.state !== 'stopped' || model.state_detail === null) return null;
  return <p className={classNames('pr-4 pb-3 wrap-anywhere text-dim', UNDER_NAME)}>{model.state_detail}</p>;
}

const rowKey = (model: Model) => String(model.id);

export function ModelsTable({ models }: { readonly models: readonly Model[] }) {
  return <DataTable label="Models" columns={COLUMNS} rows={models} rowKey={rowKey} detail={detailOf} />;
}
