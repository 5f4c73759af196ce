import { useQuery } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import type { Model } from '#contract/models.ts';
import { api, client } from '../../api/client.ts';
import { useRestartModel } from '../../parts/model-actions.ts';
import { isUp } from '../../parts/model-state.tsx';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/state.tsx';

/** Says which settings the running engine does not have yet, whoever changed them, with the way to give it them. */
export function UnappliedNotice({ model }: { readonly model: Model }) {
  const restart = useRestartModel();
  const changes = useQuery({
    // Another engine, or another configuration, is another question.
    queryKey: [...api.models.changes.key(), model.id, model.updated_at, model.state, model.engine?.pid ?? null],
    queryFn: ({ signal }) => client.models.changes({ id: model.id }, { signal }),
    enabled: isUp(model),
    retry: false,
  });
  const waiting = isUp(model) ? (changes.data ?? []).filter((change) => change.needs_restart) : [];
  if (waiting.length === 0) return null;
  return (
    <div className="mb-4">
      <Notice
        tone="warning"
        title={`Changed since the start: ${waiting.map(({ label }) => label).join(', ')}`}
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
