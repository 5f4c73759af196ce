import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MoreHorizontal, Pencil, Trash2 } from 'lucide-react';
import type { RegistryUpstream, UpstreamMeta } from '#contract/upstreams.ts';
import { api, client } from '../../api/client.ts';
import { useModel } from '../../api/live.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { engineName } from '../../parts/model-state.tsx';
import { withoutScheme } from '../../parts/endpoint.ts';
import { IconButton } from '../../ui/button.tsx';
import { Switch } from '../../ui/choice.tsx';
import { Figure, When } from '../../ui/figure.tsx';
import { count, duration } from '../../ui/format.ts';
import { Menu } from '../../ui/menu.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { Badge, StateMark } from '../../ui/state.tsx';
import { healthOf, historyWords, wrongModelName } from './upstream-health.ts';

interface RowProps {
  readonly servedName: string;
  readonly upstream: RegistryUpstream;
  readonly meta: UpstreamMeta | undefined;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

const CELL = 'px-2 py-2 align-top first:pl-4 last:pr-4';

/** One server behind a served name. */
export function UpstreamRow({ servedName, upstream, meta, onEdit, onRemove }: RowProps) {
  const health = healthOf(upstream, meta);
  const wrong = wrongModelName(servedName, upstream, meta);
  return (
    <tr className="hover:bg-hover">
      <td className={CELL}>
        <Server upstream={upstream} />
      </td>
      <td className={CELL}>
        <StateMark tone={health.tone}>{health.word}</StateMark>
        {health.detail === null ? null : <div className="max-w-64 text-xs wrap-anywhere text-dim">{health.detail}</div>}
        {wrong === null ? null : <div className="max-w-64 text-xs wrap-anywhere text-warning-text">{wrong}</div>}
        {health.tone === 'failed' && meta !== undefined ? (
          <div className="text-xs text-dim">
            Last answer <When at={meta.last_ok_ts} />
          </div>
        ) : null}
      </td>
      <td className={`${CELL} @max-[700px]:hidden`}>
        <Latency meta={meta} answers={health.tone !== 'failed'} />
      </td>
      <td className={`${CELL} text-right tabular-nums`}>{count(meta?.in_flight ?? 0)}</td>
      <td className={`${CELL} @max-[860px]:hidden`}>
        <Listed models={meta?.models ?? []} />
      </td>
      <td className={CELL}>
        {upstream.model_id === null ? (
          <Actions servedName={servedName} upstream={upstream} onEdit={onEdit} onRemove={onRemove} />
        ) : null}
      </td>
    </tr>
  );
}

function Server({ upstream }: { readonly upstream: RegistryUpstream }) {
  const model = useModel(upstream.model_id ?? -1) ?? null;
  const engine = upstream.engine_type === null ? null : engineName(upstream.engine_type);
  return (
    <div className="min-w-0">
      <div className="font-mono text-xs wrap-anywhere">{withoutScheme(upstream.url)}</div>
      <div className="flex flex-wrap items-center gap-x-1.5 text-xs text-dim">
        {upstream.model_id === null ? (
          <span>Another server</span>
        ) : (
          <Link
            to="/models/$id"
            params={{ id: String(upstream.model_id) }}
            className="rounded-sm text-accent-text hover:underline"
          >
            {model?.name ?? `Model ${upstream.model_id}`}
          </Link>
        )}
        {engine === null ? null : <span>· {engine}</span>}
        {upstream.model_id === null && upstream.has_api_key ? <span>· with a key</span> : null}
      </div>
      {upstream.upstream_model === null ? null : (
        <div className="text-xs wrap-anywhere text-dim">
          there called <code className="font-mono">{upstream.upstream_model}</code>
        </div>
      )}
    </div>
  );
}

function Latency({ meta, answers }: { readonly meta: UpstreamMeta | undefined; readonly answers: boolean }) {
  if (meta === undefined || meta.history.length === 0) return <span className="text-dim">—</span>;
  return (
    <div className="flex items-center gap-2">
      <Sparkline label={historyWords(meta)} values={meta.history.map(({ latency_ms: ms }) => ms)} />
      {/* How long it took to fail is no latency. */}
      {meta.last_latency_ms === null || !answers ? (
        <span className="text-dim">—</span>
      ) : (
        <Figure {...duration(meta.last_latency_ms)} />
      )}
    </div>
  );
}

const SHOWN = 2;

function Listed({ models }: { readonly models: readonly string[] }) {
  if (models.length === 0) return <span className="text-dim">—</span>;
  return (
    <ul aria-label="Models it lists" className="grid grid-cols-1" title={models.join('\n')}>
      {models.slice(0, SHOWN).map((model) => (
        <li key={model} className="max-w-56 truncate font-mono text-xs">
          {model}
        </li>
      ))}
      {models.length > SHOWN ? <li className="text-xs text-dim">{models.length - SHOWN} more</li> : null}
    </ul>
  );
}

type ActionsProps = Omit<RowProps, 'meta'>;

function Actions({ servedName, upstream, onEdit, onRemove }: ActionsProps) {
  const queries = useQueryClient();
  const enable = useMutation({
    mutationFn: (enabled: boolean) => client.upstreams.add({ served_name: servedName, url: upstream.url, enabled }),
    onError: (error) => toastFailure('The upstream was not changed', error),
    onSettled: () => queries.invalidateQueries({ queryKey: api.upstreams.key() }),
  });
  return (
    <div className="flex items-center justify-end gap-2">
      <Switch
        label={`Send requests for ${servedName} to ${upstream.url}`}
        checked={enable.isPending ? enable.variables : upstream.enabled}
        onChange={(enabled) => enable.mutate(enabled)}
      />
      <Menu
        trigger={
          <IconButton label={`More for ${upstream.url}`}>
            <MoreHorizontal aria-hidden />
          </IconButton>
        }
        actions={[
          { label: 'Change', icon: <Pencil aria-hidden />, onSelect: onEdit },
          { label: 'Remove', icon: <Trash2 aria-hidden />, danger: true, onSelect: onRemove },
        ]}
      />
    </div>
  );
}

/** The line above the servers of one name. */
export function NameHead({ servedName, task }: { readonly servedName: string; readonly task: 'generate' | 'embed' }) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      <span className="font-mono text-xs font-medium wrap-anywhere">{servedName}</span>
      {task === 'embed' ? <Badge>embeddings</Badge> : null}
    </span>
  );
}
