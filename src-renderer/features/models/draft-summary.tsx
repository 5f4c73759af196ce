import { FileBox } from 'lucide-react';
import type { ReactNode } from 'react';
import type { GgufGroup } from '#contract/library.ts';
import type { FieldPatch } from '#contract/models.ts';
import { Figure } from '../../ui/figure.tsx';
import { bytes, count, parameters } from '../../ui/format.ts';
import { Card } from '../../ui/page.tsx';
import { Notice } from '../../ui/state.tsx';
import type { DraftView } from './add-model-draft.ts';
import { useImages } from './engine-fields.tsx';
import type { LabelOf } from './field-names.ts';
import { isSet } from './field-values.ts';
import { OWN_FLAGS } from './own-list.ts';
import { PlanPanel } from './plan-panel.tsx';
import type { StartPlan } from './start-plan.ts';

interface DraftSummaryProps {
  readonly view: DraftView | null;
  /** Undefined before the first answer. */
  readonly start: StartPlan | undefined;
  readonly labelOf: LabelOf;
  /** Lays a fix's patch over the draft. */
  readonly onPatch: (patch: FieldPatch) => void;
}

/** Always in view beside the steps: what the file is, what a start would take, and the command it becomes. */
export function DraftSummary({ view, start, labelOf, onPatch }: DraftSummaryProps) {
  if (view === null)
    return (
      <Card className="flex flex-col items-center px-6 py-10 text-center text-dim">
        <FileBox aria-hidden className="mb-2 size-6" strokeWidth={1.5} />
        Choose a source and a model. What it takes, what to know, and the exact command appear here.
      </Card>
    );
  return (
    <>
      {view.group === null ? null : <FileFacts group={view.group} />}
      <UncheckedFlags view={view} start={start} />
      <PlanPanel start={start} loading={start === undefined} model={null} labelOf={labelOf} onPatch={onPatch} />
    </>
  );
}

/** Flags of one's own are held against what the engine knows; where nothing here can say, only its start will. */
function UncheckedFlags({ view, start }: { readonly view: DraftView; readonly start: StartPlan | undefined }) {
  const images = useImages().data ?? [];
  const plan = start?.plan ?? null;
  if (plan === null || !isSet(view.draft.values[OWN_FLAGS])) return null;
  const checked =
    view.runtime === 'container'
      ? images.some(({ reference, present }) => present && reference === plan.image)
      : !plan.warnings.some(({ category }) => category === 'no_engine_build');
  if (checked) return null;
  return (
    <Notice tone="warning" title="Your own flags could not be checked">
      {view.runtime === 'container'
        ? 'The image is not on this machine yet. Download it to learn now whether it knows them.'
        : 'No engine is installed that could say whether it knows them.'}
    </Notice>
  );
}

function factsOf(group: GgufGroup): readonly (readonly [string, ReactNode])[] {
  const { metadata } = group;
  const facts: (readonly [string, ReactNode])[] = [
    ['File size', <Figure key="size" {...bytes(group.total_size_mb * 1024 * 1024)} />],
    ['Quantization', metadata?.file_type ?? group.quant_type],
  ];
  if (metadata === null) return facts;
  if (metadata.parameter_count !== null)
    facts.push(['Parameters', <Figure key="parameters" {...parameters(metadata.parameter_count)} />]);
  if (metadata.architecture !== null) facts.push(['Architecture', metadata.architecture]);
  if (metadata.context_length !== null) facts.push(['Trained context', count(metadata.context_length)]);
  if (metadata.block_count !== null) facts.push(['Layers', count(metadata.block_count)]);
  if (metadata.vocab_size !== null) facts.push(['Vocabulary', count(metadata.vocab_size)]);
  facts.push(['Chat template', metadata.has_chat_template ? 'in the file' : 'none']);
  if (metadata.license !== null) facts.push(['Licence', metadata.license]);
  return facts;
}

function FileFacts({ group }: { readonly group: GgufGroup }) {
  return (
    <Card className="px-4 py-3">
      <h2 className="mb-1.5 truncate font-semibold">{group.metadata?.name ?? group.files[0]}</h2>
      <dl className="grid grid-cols-[repeat(auto-fit,minmax(136px,1fr))] gap-x-6">
        {factsOf(group).map(([label, value]) => (
          <div key={label} className="flex min-h-6 items-baseline justify-between gap-3">
            <dt className="text-xs whitespace-nowrap text-dim">{label}</dt>
            <dd className="truncate tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
