import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import type { RegistryUpstream, Upstreams } from '#contract/upstreams.ts';
import { api, client } from '../../api/client.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { OutgrowCard } from './outgrow.tsx';
import { UpstreamForm, type Edited } from './upstream-form.tsx';
import { NameHead, UpstreamRow } from './upstream-row.tsx';

const EVERY_MS = 3_000;

/** Who answers for each served name, and how they are. */
export function UpstreamsPage() {
  const upstreams = useQuery(api.upstreams.list.queryOptions({ refetchInterval: EVERY_MS }));
  const [edited, setEdited] = useState<Edited | null>(null);
  const add = () => setEdited({ servedName: '', upstream: null });
  const foreign = Object.values(upstreams.data?.registry ?? {}).flatMap((entry) =>
    entry.upstreams.filter(({ model_id: own }) => own === null),
  );
  return (
    <Page
      title="Upstreams"
      note="The servers behind each served name"
      actions={
        <>
          <CheckNow />
          <Button tone="primary" onClick={add}>
            <Plus aria-hidden />
            Add upstream
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-4">
        <QueryView query={upstreams} failure="The upstreams could not be loaded">
          {(data) => <Registered upstreams={data} onEdit={setEdited} />}
        </QueryView>
        {upstreams.data !== undefined && foreign.length === 0 ? <OutgrowCard onAdd={add} /> : null}
      </div>
      {edited === null ? null : <UpstreamForm edited={edited} onClose={() => setEdited(null)} />}
    </Page>
  );
}

function CheckNow() {
  const queries = useQueryClient();
  const check = useMutation({
    mutationFn: () => client.upstreams.refresh({}),
    onSuccess: async () => queries.invalidateQueries({ queryKey: api.upstreams.key() }),
    onError: (error) => toastFailure('The servers could not be checked', error),
  });
  return (
    <Button busy={check.isPending} onClick={() => check.mutate()}>
      {check.isPending ? null : <RefreshCw aria-hidden />}
      Check now
    </Button>
  );
}

interface RegisteredProps {
  readonly upstreams: Upstreams;
  readonly onEdit: (edited: Edited) => void;
}

interface Removal {
  readonly servedName: string;
  readonly upstream: RegistryUpstream;
  /** Others that answer for the name. */
  readonly left: number;
}

const HEAD = 'h-8 border-b px-2 text-xs font-medium whitespace-nowrap text-dim first:pl-4 last:pr-4';

function Registered({ upstreams: { registry, meta }, onEdit }: RegisteredProps) {
  const [removing, setRemoving] = useState<Removal | null>(null);
  const names = Object.entries(registry).sort(([left], [right]) => left.localeCompare(right));
  if (names.length === 0) return null;
  return (
    <Card className="overflow-hidden">
      <ScrollRegion label="Upstreams, scrolling" onlyWhenScrolling className="@container relative overflow-x-auto">
        <table aria-label="Upstreams" className="w-full border-separate border-spacing-0 text-left">
          <thead>
            <tr>
              <th scope="col" className={HEAD}>
                Server
              </th>
              <th scope="col" className={HEAD}>
                State
              </th>
              <th scope="col" className={`${HEAD} @max-[700px]:hidden`}>
                Latency
              </th>
              <th scope="col" className={`${HEAD} text-right`}>
                In flight
              </th>
              <th scope="col" className={`${HEAD} @max-[860px]:hidden`}>
                Lists
              </th>
              <th scope="col" className={HEAD}>
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          {names.map(([servedName, entry]) => (
            <tbody key={servedName} className="[&:not(:last-child)>tr:last-child>td]:border-b">
              <tr>
                <th scope="rowgroup" colSpan={6} className="bg-sunken/60 py-1 pr-4 pl-4">
                  <div className="flex min-h-7 items-center justify-between gap-3">
                    <NameHead servedName={servedName} task={entry.task} />
                    <IconButton
                      label={`Add an upstream for ${servedName}`}
                      onClick={() => onEdit({ servedName, upstream: null })}
                    >
                      <Plus aria-hidden />
                    </IconButton>
                  </div>
                </th>
              </tr>
              {entry.upstreams.map((upstream) => (
                <UpstreamRow
                  key={upstream.url}
                  servedName={servedName}
                  upstream={upstream}
                  meta={meta[upstream.url]}
                  onEdit={() => onEdit({ servedName, upstream })}
                  onRemove={() => setRemoving({ servedName, upstream, left: entry.upstreams.length - 1 })}
                />
              ))}
            </tbody>
          ))}
        </table>
      </ScrollRegion>
      <RemoveUpstream removal={removing} onClose={() => setRemoving(null)} />
    </Card>
  );
}

interface RemoveProps {
  readonly removal: Removal | null;
  readonly onClose: () => void;
}

function RemoveUpstream({ removal, onClose }: RemoveProps) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: ({ servedName, upstream }: Removal) =>
      client.upstreams.remove({ query: { served_name: servedName, url: upstream.url } }),
    onSuccess: (_, { upstream }) => toast(`${upstream.url} was removed`),
    onError: (error) => toastFailure('The upstream was not removed', error),
    onSettled: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: api.upstreams.key() });
    },
  });
  const alone = removal?.left === 0;
  return (
    <ConfirmDialog
      open={removal !== null}
      onOpenChange={onClose}
      title={`Remove ${removal?.upstream.url ?? ''}?`}
      description={
        <>
          {alone
            ? `Nothing answers for "${removal?.servedName ?? ''}" any more: clients that ask for it are refused.`
            : `Requests for "${removal?.servedName ?? ''}" go to the others.`}
          {removal?.upstream.has_api_key === true ? ' Its key is forgotten for good.' : ''}
        </>
      }
      action="Remove upstream"
      busy={remove.isPending}
      onConfirm={() => {
        if (removal !== null) remove.mutate(removal);
      }}
    />
  );
}
