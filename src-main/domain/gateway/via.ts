/**
 * The loop guard: HTTP's own `Via` header (RFC 9110, 7.6.3) names every gateway a request came through. Two programs that
 * are each other's upstream would otherwise send one request in circles until both are full.
 */
const LONGEST = 2048;

export function cameThrough(via: string | undefined, name: string): boolean {
  return via !== undefined && via.split(',').some((entry) => entry.trim().split(/\s+/)[1] === name);
}

/** The header to send on: what it had, and us. One that is too long to be honest is cut at its front. */
export function withVia(via: string | undefined, name: string): string {
  const own = `1.1 ${name}`;
  return via === undefined || via === '' ? own : `${via.slice(-LONGEST)}, ${own}`;
}
