import { useQuery } from '@tanstack/react-query';
import type { DryRun } from '#contract/dry-run.ts';
import type { Model } from '#contract/models.ts';
import { api, client } from '../../api/client.ts';
import { limited } from '../../api/limited.ts';
import { Figure } from '../../ui/figure.tsx';
import { inWords, type Quantity } from '../../ui/format.ts';
import { Tooltip } from '../../ui/tooltip.tsx';

const oneAtATime = limited(2);

/** What a start of it would do and take. Asked once for each state of its configuration, two models at a time. */
export function useModelPlan(model: Model) {
  return useQuery({
    queryKey: [...api.models.dryRun.key(), model.id, model.updated_at],
    queryFn: ({ signal }) => oneAtATime(() => client.models.dryRun({ id: model.id }, { signal })),
    staleTime: 60_000,
    retry: false,
  });
}

/** As the program tells it: in hundredths of a GiB, so that what is less than one is only known to be small. */
export const gibibytes = (gib: number): Quantity => {
  if (gib < 0.01) return { value: '< 10', unit: 'MiB' };
  return gib >= 1 ? { value: gib.toFixed(1), unit: 'GiB' } : { value: (gib * 1024).toFixed(0), unit: 'MiB' };
};

export interface MemoryParts {
  readonly weights: number;
  /** Null where it cannot be told. */
  readonly cache: number | null;
  /** Whether the engine itself said how much the weights take. */
  readonly measured: boolean;
  readonly note: string;
}

/** The parts of what a model takes, in GiB: the weights as the engine reports them, where it runs. */
export function memoryParts(plan: DryRun | undefined, model: Model | null): MemoryParts | null {
  const estimate = plan?.vram_estimate ?? null;
  const reported = model?.engine?.weights_gb ?? null;
  if (estimate === null) {
    return reported === null ? null : { weights: reported, cache: null, measured: true, note: '' };
  }
  return {
    weights: reported ?? estimate.weights_gb,
    cache: estimate.kv_cache_gb,
    measured: reported !== null,
    note: estimate.note,
  };
}

export function memoryTotal({ weights, cache }: MemoryParts): number {
  return weights + (cache ?? 0);
}

function inParts({ weights, cache, measured, note }: MemoryParts): string {
  const parts = [`${inWords(gibibytes(weights))} of weights, ${measured ? 'measured' : 'estimated'}`];
  if (cache !== null) parts.push(`${inWords(gibibytes(cache))} of KV cache, estimated`);
  return `${parts.join('; ')}. ${note}`.trim();
}

/** The sum with a tilde while any of it is a guess; its parts on hover and focus. */
export function MemoryCell({ model }: { readonly model: Model }) {
  const plan = useModelPlan(model);
  const parts = memoryParts(plan.data, model);
  if (parts === null) return <span className="text-dim">{plan.isPending ? '' : '—'}</span>;
  const { value, unit } = gibibytes(memoryTotal(parts));
  return (
    <Tooltip text={inParts(parts)}>
      <span>
        <Figure value={value.startsWith('<') ? value : `~${value}`} unit={unit} />
        <span className="sr-only">{inParts(parts)}</span>
      </span>
    </Tooltip>
  );
}
