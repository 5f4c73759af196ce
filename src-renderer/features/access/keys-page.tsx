import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { toast } from 'sonner';
import type { ApiKey } from '#contract/access.ts';
import { api, client } from '../../api/client.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { useNow, When } from '../../ui/figure.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Badge, Empty, StateMark } from '../../ui/state.tsx';
import { CreateKey } from './create-key.tsx';

export function KeysPage() {
  const { create = false } = useSearch({ from: '/keys' });
  const navigate = useNavigate();
  const setCreating = (create: boolean) =>
    void navigate({ to: '/keys', search: create ? { create } : {}, replace: true });
  const keys = useQuery(api.keys.list.queryOptions({ input: {}, refetchInterval: 15_000 }));
  return (
    <Page
      title="Access"
      note="Keys for OpenAI clients of this endpoint"
      actions={
        <Button tone="primary" onClick={() => setCreating(true)}>
          <Plus aria-hidden />
          Create key
        </Button>
      }
    >
      <Card className="overflow-hidden">
        <QueryView query={keys} failure="The keys could not be loaded">
          {(all) => (all.length === 0 ? <NoKeys onCreate={() => setCreating(true)} /> : <KeysTable keys={all} />)}
        </QueryView>
      </Card>
      <CreateKey open={create} onClose={() => setCreating(false)} />
    </Page>
  );
}

function NoKeys({ onCreate }: { readonly onCreate: () => void }) {
  return (
    <Empty
      icon={KeyRound}
      title="No keys yet"
      actions={
        <Button tone="primary" onClick={onCreate}>
          Create a key
        </Button>
      }
    >
      Every client needs a key, even on this machine. Create one and paste the ready-made snippet.
    </Empty>
  );
}

function KeyState({ apiKey }: { readonly apiKey: ApiKey }) {
  const now = useNow();
  if (apiKey.disabled) return <StateMark tone="stopped">Revoked</StateMark>;
  if (apiKey.expires_at !== null && apiKey.expires_at <= now) return <StateMark tone="warning">Expired</StateMark>;
  return <StateMark tone="ready">Active</StateMark>;
}

const nameOf = (key: ApiKey) => (key.name === '' ? `Key ${key.id}` : key.name);

function columnsWith(onRevoke: (key: ApiKey) => void): readonly Column<ApiKey>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      sortBy: (key) => nameOf(key).toLowerCase(),
      flexible: true,
      cell: (key) => (
        <span className="block truncate font-medium" title={nameOf(key)}>
          {nameOf(key)}
        </span>
      ),
    },
    {
      id: 'prefix',
      header: 'Begins with',
      shown: 'not-narrow',
      cell: (key) => <code className="font-mono text-xs">{key.prefix}…</code>,
    },
    { id: 'state', header: 'State', cell: (key) => <KeyState apiKey={key} /> },
    {
      id: 'scopes',
      header: 'May call',
      cell: (key) => (
        <span className="flex gap-1 @max-[860px]:flex-wrap">
          {key.scopes.split(',').map((scope) => (
            <Badge key={scope}>{scope.trim()}</Badge>
          ))}
        </span>
      ),
    },
    {
      id: 'expires',
      header: 'Expires',
      numeric: true,
      sortBy: (key) => key.expires_at ?? Infinity,
      cell: (key) => <When at={key.expires_at} />,
    },
    {
      id: 'used',
      header: 'Last used',
      numeric: true,
      sortBy: (key) => key.last_used_at,
      cell: (key) => <When at={key.last_used_at} />,
    },
    {
      id: 'created',
      header: 'Created',
      numeric: true,
      shown: 'wide',
      sortBy: (key) => key.created_at,
      cell: (key) => <When at={key.created_at} />,
    },
    {
      id: 'actions',
      header: 'Actions',
      silent: true,
      className: 'w-px',
      cell: (key) =>
        key.disabled ? null : (
          <IconButton label={`Revoke ${nameOf(key)}`} onClick={() => onRevoke(key)}>
            <Trash2 aria-hidden />
          </IconButton>
        ),
    },
  ];
}

const rowKey = (key: ApiKey) => String(key.id);

function KeysTable({ keys }: { readonly keys: readonly ApiKey[] }) {
  const queries = useQueryClient();
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const columns = useMemo(() => columnsWith(setRevoking), []);
  const revoke = useMutation({
    mutationFn: (key: ApiKey) => client.keys.revoke({ id: key.id }),
    onSuccess: async (_, key) => {
      setRevoking(null);
      toast(`"${nameOf(key)}" was revoked`);
      await queries.invalidateQueries({ queryKey: api.keys.key() });
    },
    onError: (error, key) => toastFailure(`"${nameOf(key)}" could not be revoked`, error),
  });
  return (
    <>
      <DataTable label="API keys" columns={columns} rows={keys} rowKey={rowKey} />
      <ConfirmDialog
        open={revoking !== null}
        onOpenChange={() => setRevoking(null)}
        title={`Revoke "${revoking === null ? '' : nameOf(revoking)}"?`}
        description="Whatever uses it is refused from now on. A revoked key cannot be brought back."
        action="Revoke key"
        busy={revoke.isPending}
        onConfirm={() => {
          if (revoking !== null) revoke.mutate(revoking);
        }}
      />
    </>
  );
}
