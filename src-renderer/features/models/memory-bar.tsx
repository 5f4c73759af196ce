import type { DryRun } from '#contract/dry-run.ts';
import type { Model } from '#contract/models.ts';
import { Figure } from '../../ui/figure.tsx';
import { Card } from '../../ui/page.tsx';
import { gibibytes, memoryParts, memoryTotal } from './memory.tsx';

interface MemoryBarProps {
  readonly plan: DryRun | undefined;
  readonly model: Model | null;
  readonly loading: boolean;
}

/** What a model takes, split into its weights and its KV cache. */
export function MemoryBar({ plan, model, loading }: MemoryBarProps) {
  const parts = memoryParts(plan, model);
  // Settings that are not valid yet take nothing that could be told.
  const unplanned = plan === undefined || (!plan.valid && plan.warnings.some(({ category }) => category === 'config'));
  if (parts === null && !loading && unplanned) return null;
  if (parts === null)
    return (
      <Card className="px-4 py-3">
        <h2 className="text-xs font-medium text-dim">Memory</h2>
        {loading ? (
          <div className="skeleton mt-2 h-7" />
        ) : (
          <p className="mt-0.5 text-dim">Not known yet: the size of the model’s files cannot be read from here.</p>
        )}
      </Card>
    );
  const total = memoryTotal(parts);
  const share = total === 0 ? 100 : (parts.weights / total) * 100;
  const figure = gibibytes(total);
  return (
    <Card className="px-4 py-3">
      <div className="flex items-baseline justify-between gap-3">
        <h2 className="text-xs font-medium text-dim">Memory</h2>
        <Figure
          value={figure.value.startsWith('<') ? figure.value : `~${figure.value}`}
          unit={figure.unit}
          className="text-lg font-semibold"
        />
      </div>
      <div aria-hidden className="mt-1.5 flex h-2.5 gap-px overflow-hidden rounded-sm bg-line">
        <div className="bg-accent" style={{ width: `${share}%` }} />
        <div className="flex-1 bg-accent/40" />
      </div>
      <dl className="mt-1.5 flex flex-wrap gap-x-5 gap-y-0.5 text-xs">
        <Part name={`Weights${parts.measured ? '' : ', estimated'}`} gib={parts.weights} swatch="bg-accent" />
        {parts.cache === null ? null : <Part name="KV cache, estimated" gib={parts.cache} swatch="bg-accent/40" />}
      </dl>
      {parts.note === '' ? null : <p className="mt-1 text-xs text-dim">{parts.note}</p>}
    </Card>
  );
}

interface PartProps {
  readonly name: string;
  readonly gib: number;
  readonly swatch: string;
}

function Part({ name, gib, swatch }: PartProps) {
  return (
    <div className="flex items-center gap-1.5">
      <dt className="flex items-center gap-1.5 text-dim">
        <span aria-hidden className={`size-2 rounded-[2px] ${swatch}`} />
        {name}
      </dt>
      <dd>
        <Figure {...gibibytes(gib)} />
      </dd>
    </div>
  );
}
