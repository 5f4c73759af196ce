/** What a failed call to the engine means. */
export type EngineFault =
  /** Nobody answered, or the answer broke off. */
  | { readonly kind: 'gone'; readonly reason: string }
  /** The engine said no; `sentence` is its own. */
  | { readonly kind: 'refused'; readonly status: number; readonly sentence: string }
  /** Neither: a refusal of our own, or a fault of this program. */
  | { readonly kind: 'other' };

/** dockerode's errors: an answer with a status, or the system's own. */
export function faultOf(error: unknown): EngineFault {
  const { statusCode, json, message, code } = error as Partial<
    Record<'statusCode' | 'json' | 'message' | 'code', unknown>
  >;
  const text = typeof message === 'string' ? message : String(error);
  if (typeof statusCode !== 'number') {
    const isSystems = typeof code === 'string' && (/^E[A-Z]+$/.test(code) || code === 'ERR_STREAM_PREMATURE_CLOSE');
    return isSystems ? { kind: 'gone', reason: text } : { kind: 'other' };
  }
  return { kind: 'refused', status: statusCode, sentence: sentenceOf(json) ?? withoutPrefix(text) };
}

/** Where the answer was to be a stream dockerode keeps the sentence only behind words of its own. */
function withoutPrefix(text: string): string {
  return text.replace(/^\(HTTP code \d+\) [a-z ]+ - /, '').trim();
}

/** Docker answers `{ "message": ... }`; Podman names the root beside it. */
function sentenceOf(json: unknown): string | null {
  const said = json !== null && typeof json === 'object' && 'message' in json ? json.message : null;
  return typeof said === 'string' && said !== '' ? said : null;
}

/** Whether the engine refused with one of these statuses: what is to be undone is undone already. */
export function isRefused(error: unknown, ...statuses: readonly number[]): boolean {
  const fault = faultOf(error);
  return fault.kind === 'refused' && statuses.includes(fault.status);
}
