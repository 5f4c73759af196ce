import type { RegistryUpstream, UpstreamMeta } from '#contract/upstreams.ts';
import { duration, inWords } from '../../ui/format.ts';
import type { Tone } from '../../ui/state.tsx';

export interface HealthWords {
  readonly tone: Tone;
  readonly word: string;
  /** What is behind the word, in a sentence; null when the word says all. */
  readonly detail: string | null;
}

/** How one server is, for a person. */
export function healthOf(upstream: RegistryUpstream, meta: UpstreamMeta | undefined): HealthWords {
  if (!upstream.enabled) return { tone: 'stopped', word: 'Off', detail: 'No requests are sent to it.' };
  if (meta === undefined || (meta.last_ok_ts === null && meta.last_fail_ts === null))
    return { tone: 'stopped', word: 'Not checked yet', detail: null };
  const { breaker, last_error: error } = meta;
  if (breaker.state === 'open') {
    const again =
      breaker.cooldown_remaining_sec > 0
        ? `Tried again in ${inWords(duration(Math.ceil(breaker.cooldown_remaining_sec) * 1000)).replace('.0', '')}.`
        : '';
    return { tone: 'failed', word: 'Does not answer', detail: [error, again].filter(Boolean).join('. ') || null };
  }
  if (breaker.state === 'half_open')
    return {
      tone: 'warning',
      word: 'Being tried again',
      detail: error ?? 'One request at a time finds out whether it is back.',
    };
  if (meta.consecutive_fails > 0)
    return { tone: 'warning', word: `Failed ${meta.consecutive_fails} times`, detail: error };
  return { tone: 'ready', word: 'Answers', detail: null };
}

/** Latency over the last checks, read out. */
export function historyWords({ history }: UpstreamMeta): string {
  const times = history.flatMap(({ latency_ms: ms }) => (ms === null ? [] : [ms]));
  const failed = history.filter(({ ok }) => !ok).length;
  if (times.length === 0) return failed === 0 ? 'No checks yet' : `${failed} failed checks`;
  const range = `${inWords(duration(Math.min(...times)))} to ${inWords(duration(Math.max(...times)))}`;
  return `Latency of the last ${history.length} checks: ${range}${failed === 0 ? '' : `, ${failed} failed`}`;
}

/** Models the server lists that no served name leads to yet: most likely what somebody meant to add. */
export function wrongModelName(
  servedName: string,
  upstream: RegistryUpstream,
  meta: UpstreamMeta | undefined,
): string | null {
  const listed = meta?.models ?? [];
  const wanted = upstream.upstream_model ?? servedName;
  if (upstream.model_id !== null || listed.length === 0 || listed.includes(wanted)) return null;
  return `It lists no "${wanted}", but ${listed.slice(0, 3).join(', ')}${listed.length > 3 ? ', …' : ''}.`;
}
