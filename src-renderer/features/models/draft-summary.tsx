import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { FileBox } from 'lucide-react';
import type { ReactNode } from 'react';
import type { GgufGroup } from '#contract/library.ts';
import { api } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { Code } from '../../ui/copy.tsx';
import { Figure } from '../../ui/figure.tsx';
import { bytes, count, parameters, shellLines } from '../../ui/format.ts';
import { Card } from '../../ui/page.tsx';
import { useSettled } from '../../ui/settled.ts';
import { ErrorPanel, Notice, type Tone } from '../../ui/state.tsx';
import { draftModel, type DraftParts } from './add-model-draft.ts';

const SEVERITY: Record<'info' | 'warning' | 'error', Tone> = { info: 'working', warning: 'warning', error: 'failed' };

/** Always in view beside the steps: what the file is, what the program warns of, and the command it becomes. */
export function DraftSummary({ parts }: { readonly parts: DraftParts | null }) {
  if (parts === null)
    return (
      <Card className="flex flex-col items-center px-6 py-10 text-center text-dim">
        <FileBox aria-hidden className="mb-2 size-6" strokeWidth={1.5} />
        Choose a folder and a model file. Its facts and the exact command appear here.
      </Card>
    );
  return (
    <>
      <FileFacts group={parts.group} />
      <Preview parts={parts} />
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
      <dl className="grid grid-cols-[repeat(auto-fit,minmax(150px,1fr))] gap-x-6">
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

function Preview({ parts }: { readonly parts: DraftParts }) {
  const settled = useSettled(JSON.stringify(draftModel(parts)), QUIET_MS);
  const preview = useQuery(
    api.models.dryRunDraft.queryOptions({
      input: JSON.parse(settled) as ReturnType<typeof draftModel>,
      placeholderData: keepPreviousData,
      retry: false,
    }),
  );
  const command = preview.data?.command;
  return (
    <>
      {preview.data?.warnings.map((warning) => (
        <Notice key={`${warning.category} ${warning.title}`} tone={SEVERITY[warning.severity]} title={warning.title}>
          {warning.message}
        </Notice>
      ))}
      {preview.error === null ? null : (
        <ErrorPanel what="These settings cannot be used" problem={describeError(preview.error)} />
      )}
      <section aria-label="Command">
        <h2 className="mb-1 text-xs font-medium text-dim">Command</h2>
        {command === undefined ? <div className="skeleton h-24" /> : <Code text={shellLines(command)} what="command" />}
      </section>
    </>
  );
}
