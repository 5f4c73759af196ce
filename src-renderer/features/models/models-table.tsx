import { Link, useNavigate } from '@tanstack/react-router';
import { MessageSquare, Play, ScrollText, Square, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Model } from '#contract/models.ts';
import { useStartModel, useStopModel } from '../../parts/model-actions.ts';
import {
  backendName,
  capacityOf,
  engineName,
  isComing,
  isUp,
  ModelStateMark,
  progressWords,
} from '../../parts/model-state.tsx';
import { IconButton } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { When } from '../../ui/figure.tsx';
import { count } from '../../ui/format.ts';
import { ProgressLine } from '../../ui/progress.tsx';
import { DeleteModel } from './delete-model.tsx';
import { DiagnosisView } from './diagnosis.tsx';

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
    <span className="whitespace-nowrap">
      {engineName(model.engine_type)}
      <span className="text-dim">
        {' · '}
        {model.runtime}
        {backend === null ? '' : ` · ${backendName(backend)}`}
      </span>
    </span>
  );
}

function StateCell({ model }: { readonly model: Model }) {
  return (
    <div className="w-28">
      <ModelStateMark state={model.state} />
    </div>
  );
}

function columnsWith(onDelete: (model: Model) => void): readonly Column<Model>[] {
  return [
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
      shown: 'not-narrow',
      sortBy: (model) => `${model.engine_type} ${model.runtime}`,
      cell: (model) => <EngineCell model={model} />,
    },
    {
      id: 'context',
      header: 'Context',
      numeric: true,
      className: 'w-24',
      sortBy: (model) => capacityOf(model).contextLength,
      cell: (model) => <Capacity value={capacityOf(model).contextLength} />,
    },
    {
      id: 'slots',
      header: 'Slots',
      numeric: true,
      shown: 'wide',
      className: 'w-16',
      sortBy: (model) => capacityOf(model).slots,
      cell: (model) => <Capacity value={capacityOf(model).slots} />,
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
      cell: (model) => <RowActions model={model} onDelete={onDelete} />,
    },
  ];
}

interface RowActionsProps {
  readonly model: Model;
  readonly onDelete: (model: Model) => void;
}

function RowActions({ model, onDelete }: RowActionsProps) {
  const navigate = useNavigate();
  const start = useStartModel();
  const stop = useStopModel();
  const id = String(model.id);
  return (
    <div className="relative flex justify-end">
      {/* Over the row's end and not beside it: figures keep their place and the table its width. */}
      <div className="absolute top-1/2 right-full flex -translate-y-1/2 gap-0.5 rounded-md bg-raised p-0.5 opacity-0 shadow-float transition-opacity group-focus-within/row:opacity-100 group-hover/row:opacity-100">
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
        <IconButton label={`Delete ${model.name}`} onClick={() => onDelete(model)}>
          <Trash2 aria-hidden />
        </IconButton>
      </div>
      {isUp(model) ? (
        <IconButton label={`Stop ${model.name}`} busy={stop.isPending} onClick={() => stop.mutate(model)}>
          <Square aria-hidden className="!size-3 fill-current" />
        </IconButton>
      ) : (
        <IconButton
          label={`Start ${model.name}`}
          disabled={model.state === 'stopping'}
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

function detailOf(model: Model) {
  if (isComing(model))
    return (
      <div>
        <div className={classNames('pb-1.5 text-xs text-dim tabular-nums', UNDER_NAME)}>
          {model.progress === null ? 'Starting the engine' : progressWords(model.progress)}
        </div>
        <ProgressLine
          label={`Loading ${model.name}`}
          fraction={model.progress?.fraction ?? null}
          className="rounded-none"
        />
      </div>
    );
  if (model.state === 'failed' && model.diagnosis !== null)
    return <DiagnosisView model={model} diagnosis={model.diagnosis} className={classNames('pr-4 pb-3', UNDER_NAME)} />;
  const hasEnded = model.state === 'failed' || model.state === 'stopped';
  if (!hasEnded || model.state_detail === null) return null;
  return <p className={classNames('pr-4 pb-3 wrap-anywhere text-dim', UNDER_NAME)}>{model.state_detail}</p>;
}

const rowKey = (model: Model) => String(model.id);

export function ModelsTable({ models }: { readonly models: readonly Model[] }) {
  const [deleting, setDeleting] = useState<Model | null>(null);
  const columns = useMemo(() => columnsWith(setDeleting), []);
  return (
    <>
      <DataTable label="Models" columns={columns} rows={models} rowKey={rowKey} detail={detailOf} />
      <DeleteModel model={deleting} onClose={() => setDeleting(null)} />
    </>
  );
}
