import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { FileBox } from 'lucide-react';
import type { ReactNode } from 'react';
import type { GgufGroup } from '#contract/library.ts';
import type { FieldPatch, ModelCreate, Runtime } from '#contract/models.ts';
import { api } from '../../api/client.ts';
import { Figure } from '../../ui/figure.tsx';
import { bytes, count, parameters } from '../../ui/format.ts';
import { Card } from '../../ui/page.tsx';
import { useSettled } from '../../ui/settled.ts';
import { createInput, type Draft, type DraftNames } from './add-model-draft.ts';
import { PlanPanel } from './plan-panel.tsx';

export interface DraftView {
  readonly draft: Draft;
  readonly names: DraftNames;
  readonly runtime: Runtime;
  /** The file it is made from, where it was read. */
  readonly group: GgufGroup | null;
}

interface DraftSummaryProps {
  readonly view: DraftView | null;
  /** Lays a fix's patch over the draft. */
  readonly onPatch: (patch: FieldPatch) => void;
}

/** Always in view beside the steps: what the file is, what a start would take, and the command it becomes. */
export function DraftSummary({ view, onPatch }: DraftSummaryProps) {
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
      <Plan view={view} onPatch={onPatch} />
    </>
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

const QUIET_MS = 250;

function Plan({ view, onPatch }: { readonly view: DraftView; readonly onPatch: DraftSummaryProps['onPatch'] }) {
  // What a start takes does not depend on the token; asked for in a query, it would lie in the window's memory.
  const { hf_token: _, ...input } = createInput(view.draft, view.names, view.runtime);
  const settled = useSettled(JSON.stringify(input), QUIET_MS);
  const plan = useQuery(
    api.models.dryRunDraft.queryOptions({
      input: JSON.parse(settled) as ModelCreate,
      placeholderData: keepPreviousData,
      retry: false,
    }),
  );
  return <PlanPanel plan={plan} model={null} onPatch={onPatch} />;
}
