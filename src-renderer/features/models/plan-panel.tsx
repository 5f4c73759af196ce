import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import type { ConfigWarning, DryRun } from '#contract/dry-run.ts';
import type { FieldPatch, Model } from '#contract/models.ts';
import { describeError } from '../../api/errors.ts';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Code } from '../../ui/copy.tsx';
import { shellLines, wrapShellLine } from '../../ui/format.ts';
import { Cure } from '../../ui/prose.tsx';
import { ErrorPanel, Notice, type Tone } from '../../ui/state.tsx';
import { MemoryBar } from './memory-bar.tsx';

interface PlanPanelProps {
  readonly plan: UseQueryResult<DryRun>;
  /** The stored model, where there is one: it knows what its engine measured. */
  readonly model: Model | null;
  /** Lays a fix's patch over what is being edited. */
  readonly onPatch: (patch: FieldPatch) => void;
}

/** What a start would take, what is wrong with it, and the exact command. */
export function PlanPanel({ plan, model, onPatch }: PlanPanelProps) {
  return (
    <>
      <MemoryBar plan={plan.data} model={model} loading={plan.isPending} />
      {plan.error === null ? null : (
        <ErrorPanel what="These settings cannot be used" problem={describeError(plan.error)} />
      )}
      <Warnings warnings={plan.data?.warnings ?? []} onPatch={onPatch} />
      <Command plan={plan.data} waiting={plan.isPending} />
    </>
  );
}

const TONES: Record<ConfigWarning['severity'], Tone> = { info: 'working', warning: 'warning', error: 'failed' };
const ORDER = ['error', 'warning', 'info'];

interface WarningsProps {
  readonly warnings: readonly ConfigWarning[];
  readonly onPatch: (patch: FieldPatch) => void;
}

export function Warnings({ warnings, onPatch }: WarningsProps) {
  if (warnings.length === 0) return null;
  const sorted = warnings.toSorted((left, right) => ORDER.indexOf(left.severity) - ORDER.indexOf(right.severity));
  return (
    <ul aria-label="Warnings" className="grid grid-cols-1 gap-2">
      {sorted.map((warning) => (
        <li key={`${warning.category} ${warning.title} ${warning.message}`}>
          <WarningNotice warning={warning} onPatch={onPatch} />
        </li>
      ))}
    </ul>
  );
}

function WarningNotice({ warning, onPatch }: { readonly warning: ConfigWarning } & Pick<WarningsProps, 'onPatch'>) {
  const { fix } = warning;
  const patch = fix?.patch ?? null;
  return (
    <Notice tone={TONES[warning.severity]} title={warning.title}>
      <Cure text={warning.message} />
      {fix === null ? null : (
        <div className="mt-1.5">
          {patch === null ? (
            fix.title
          ) : (
            <Button size="small" onClick={() => onPatch(patch)}>
              {fix.title}
            </Button>
          )}
        </div>
      )}
    </Notice>
  );
}

const KINDS = [
  { value: 'engine', label: 'Engine' },
  { value: 'docker', label: 'docker run' },
] as const;
type Kind = (typeof KINDS)[number]['value'];

export function Command({ plan, waiting }: { readonly plan: DryRun | undefined; readonly waiting: boolean }) {
  const [kind, setKind] = useState<Kind>('engine');
  if (plan === undefined) return waiting ? <div className="skeleton h-24" /> : null;
  const shown =
    plan.docker_run !== null && kind === 'docker' ? wrapShellLine(plan.docker_run) : shellLines(plan.command);
  return (
    <section aria-label="Command">
      <div className="mb-1 flex min-h-8 items-center justify-between gap-2">
        <h2 className="text-xs font-medium text-dim">Command</h2>
        {plan.docker_run === null ? null : (
          <Segments label="Command shown" value={kind} options={KINDS} onChange={setKind} />
        )}
      </div>
      <Code text={shown} what="command" className="[&_[role=region]]:max-h-64" />
    </section>
  );
}
