import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import type { OrphanContainer } from '#contract/docker.ts';
import { api, client } from '../../api/client.ts';
import { useLive } from '../../api/live.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { When } from '../../ui/figure.tsx';
import { Notice } from '../../ui/state.tsx';

const EVERY_MS = 15_000;

/** Containers of ours that no model's life belongs to; nothing while there are none, or no Docker to ask. */
export function Orphans() {
  const ready = useLive((live) => live.docker?.problem === 'ok');
  const orphans = useQuery(
    api.containers.orphans.queryOptions({ enabled: ready, refetchInterval: EVERY_MS, retry: false }),
  );
  const [removing, setRemoving] = useState<OrphanContainer | null>(null);
  const list = ready ? (orphans.data ?? []) : [];
  if (list.length === 0) return null;
  return (
    <Notice
      tone="warning"
      title={list.length === 1 ? 'A container runs without its model' : `${list.length} containers run without a model`}
    >
      <ul aria-label="Containers without a model" className="mt-1 divide-y">
        {list.map((orphan) => (
          <li key={orphan.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-1.5 first:pt-0 last:pb-0">
            <span className="min-w-0 flex-1">
              <code className="font-mono text-xs text-ink">{orphan.name}</code>
              <span className="block text-xs">
                {orphan.reason} {orphan.image}, {orphan.state}, made <When at={orphan.created_at} />
              </span>
            </span>
            <Button size="small" aria-label={`Stop and remove ${orphan.name}`} onClick={() => setRemoving(orphan)}>
              Stop and remove
            </Button>
          </li>
        ))}
      </ul>
      <RemoveOrphan orphan={removing} onClose={() => setRemoving(null)} />
    </Notice>
  );
}

interface RemoveProps {
  readonly orphan: OrphanContainer | null;
  readonly onClose: () => void;
}

function RemoveOrphan({ orphan, onClose }: RemoveProps) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: ({ id }: OrphanContainer) => client.containers.remove({ id }),
    onSuccess: (_, { name }) => toast(`${name} was removed`),
    onError: (error, { name }) => toastFailure(`${name} was not removed`, error),
    onSettled: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: api.containers.key() });
    },
  });
  return (
    <ConfirmDialog
      open={orphan !== null}
      onOpenChange={onClose}
      title={`Stop and remove ${orphan?.name ?? ''}?`}
      description="Whatever it answers is cut off, and the memory it holds is free again. Model files and images stay."
      action="Stop and remove"
      busy={remove.isPending}
      onConfirm={() => {
        if (orphan !== null) remove.mutate(orphan);
      }}
    />
  );
}
