import { useState } from 'react';
import type { ConfigWarning, DryRun } from '#contract/dry-run.ts';
import type { FieldPatch, Model } from '#contract/models.ts';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Code } from '../../ui/copy.tsx';
import { shellLines, wrapShellLine } from '../../ui/format.ts';
import { Cure } from '../../ui/prose.tsx';
import { Notice, type Tone } from '../../ui/state.tsx';
import { inLabels, withoutName, type LabelOf } from './field-names.ts';
import { MemoryBar } from './memory-bar.tsx';
import { RefusalPanel } from './refusal-panel.tsx';
import type { StartPlan } from './start-plan.ts';

interface PlanPanelProps {
  /** Undefined before the first answer. */
  readonly start: StartPlan | undefined;
  readonly loading: boolean;
  /** The stored model, where there is one: it knows what its engine measured. */
  readonly model: Model | null;
  readonly labelOf: LabelOf;
  /** Lays a fix's patch over what is being edited. */
  readonly onPatch: (patch: FieldPatch) => void;
}

/** What a start would take, what is wrong with it, and the exact command. */
export function PlanPanel({ start, loading, model, labelOf, onPatch }: PlanPanelProps) {
  const plan = start?.plan ?? undefined;
  const problem = start?.problem ?? null;
  return (
    <>
      <MemoryBar plan={plan} model={model} loading={loading} />
      {problem === null ? null : (
        <RefusalPanel what="These settings cannot be used" problem={problem} labelOf={labelOf} />
      )}
      <Warnings warnings={plan?.warnings ?? []} labelOf={labelOf} onPatch={onPatch} />
      <Command plan={plan} waiting={loading} />
    </>
  );
}

const TONES: Record<ConfigWarning['severity'], Tone> = { info: 'working', warning: 'warning', error: 'failed' };
const ORDER = ['error', 'warning', 'info'];

interface WarningsProps {
  readonly warnings: readonly ConfigWarning[];
  readonly labelOf: LabelOf;
  readonly onPatch: (patch: FieldPatch) => void;
}

export function Warnings({ warnings, labelOf, onPatch }: WarningsProps) {
  if (warnings.length === 0) return null;
  const sorted = warnings.toSorted((left, right) => ORDER.indexOf(left.severity) - ORDER.indexOf(right.severity));
  return (
    <ul aria-label="Warnings" className="grid grid-cols-1 gap-2">
      {sorted.map((warning, index) => (
        <li key={`${warning.category} ${warning.title} ${warning.message}`}>
          <WarningNotice
            // What one above already offers is offered once.
            warning={repeats(sorted, index) ? { ...warning, fix: null } : warning}
            labelOf={labelOf}
            onPatch={onPatch}
          />
        </li>
      ))}
    </ul>
  );
}

function repeats(warnings: readonly ConfigWarning[], index: number): boolean {
  const patchAt = (at: number) => JSON.stringify(warnings[at]?.fix?.patch ?? null);
  const patch = patchAt(index);
  return patch !== 'null' && warnings.some((_, at) => at < index && patchAt(at) === patch);
}

type WarningProps = { readonly warning: ConfigWarning } & Omit<WarningsProps, 'warnings'>;

function WarningNotice({ warning, labelOf, onPatch }: WarningProps) {
  const { fix, field } = warning;
  const label = field === null ? null : labelOf(field);
  const message = inLabels(field === null ? warning.message : withoutName(warning.message, field), labelOf);
  const patch = fix?.patch ?? null;
  return (
    <Notice tone={TONES[warning.severity]} title={warning.title}>
      {label === null || field === null ? null : (
        <span className="mr-1">
          <span className="text-ink">{label}</span> <code className="font-mono text-xs">{field}</code>:
        </span>
      )}
      <Cure text={message} />
      {fix === null ? null : (
        <div className="mt-1.5">
          {patch === null ? (
            inLabels(fix.title, labelOf)
          ) : (
            <Button size="small" onClick={() => onPatch(patch)}>
              {inLabels(fix.title, labelOf)}
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
