import { RotateCw } from 'lucide-react';
import { create } from 'zustand';
import type { Model } from '#contract/models.ts';
import { useLive } from '../../api/live.ts';
import { useRestartModel } from '../../parts/model-actions.ts';
import { isUp } from '../../parts/model-state.tsx';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/state.tsx';

interface Unapplied {
  /** Labels of settings that were saved while the engine ran. */
  readonly labels: readonly string[];
  /** The engine that runs without them; null while it was not known yet. */
  readonly pid: number | null;
}

/** By model: what was saved in this window since its engine started and applies after a restart only. */
const useUnapplied = create<Readonly<Record<number, Unapplied>>>(() => ({}));

const pidOf = (model: Model) => model.engine?.pid ?? null;

/** Remembers settings of a running model until its engine is another one. */
export function rememberUnapplied(model: Model, labels: readonly string[]): void {
  const known = useUnapplied.getState()[model.id]?.labels ?? [];
  useUnapplied.setState({ [model.id]: { labels: [...new Set([...known, ...labels])], pid: pidOf(model) } });
}

function isOver(entry: Unapplied, model: Model | undefined): boolean {
  if (model === undefined || !isUp(model)) return true;
  const pid = pidOf(model);
  return entry.pid !== null && pid !== null && entry.pid !== pid;
}

useLive.subscribe(({ models }) => {
  const entries = Object.entries(useUnapplied.getState());
  const kept = entries.filter(
    ([id, entry]) =>
      !isOver(
        entry,
        models?.find((model) => model.id === Number(id)),
      ),
  );
  if (kept.length < entries.length) useUnapplied.setState(Object.fromEntries(kept), true);
});

/** Says which settings the running engine does not have yet, with the way to give it them. */
export function UnappliedNotice({ model }: { readonly model: Model }) {
  const labels = useUnapplied((unapplied) => unapplied[model.id]?.labels);
  const restart = useRestartModel();
  if (labels === undefined || !isUp(model)) return null;
  return (
    <div className="mb-4">
      <Notice
        tone="warning"
        title={`Changed since the start: ${labels.join(', ')}`}
        action={
          <Button size="small" busy={restart.isPending} onClick={() => restart.mutate(model)}>
            <RotateCw aria-hidden className="!size-3" />
            Restart
          </Button>
        }
      >
        The running engine still has the settings from before.
      </Notice>
    </div>
  );
}
