import { ORPCError } from '@orpc/client';
import { PortLost } from './port.ts';

export interface FieldIssue {
  readonly field: string;
  readonly message: string;
}

/** An error as a person should read it. */
export interface ErrorDescription {
  /** What is wrong, one sentence. */
  readonly title: string;
  /** What to do about it; null when the title says all. */
  readonly action: string | null;
  /** The code of the error table, or null for what never reached the program. */
  readonly code: string | null;
  readonly requestId: string | null;
  readonly issues: readonly FieldIssue[];
  /** What travelled beside the message, by the error table's names. */
  readonly data: Readonly<Record<string, unknown>>;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Makes the REST envelope `{ error: { code, message, ...data }, request_id }` the error that the port also gives. */
export function decodeRestError(body: unknown, status: number): ORPCError<string, unknown> | null {
  const { error, request_id: requestId } = record(body);
  const { code, message, ...data } = record(error);
  if (typeof code !== 'string') return null;
  return new ORPCError(code, {
    status,
    message: typeof message === 'string' ? message : code,
    data: { ...data, request_id: requestId },
  });
}

/** The error table's messages are one sentence on what is wrong, then what to do. */
function splitMessage(message: string): { readonly title: string; readonly action: string | null } {
  const end = /[.!?]\s+(?=[A-Z])/.exec(message);
  if (end === null) return { title: message, action: null };
  return { title: message.slice(0, end.index + 1), action: message.slice(end.index + end[0].length) };
}

function issuesOf(data: Readonly<Record<string, unknown>>): FieldIssue[] {
  const issues: unknown = data['issues'];
  if (!Array.isArray(issues)) return [];
  return issues.map(record).map((issue) => ({
    // oRPC's own validation names a path, the error table's a field.
    field: textOrNull(issue['field']) ?? (Array.isArray(issue['path']) ? issue['path'].join('.') : ''),
    message: textOrNull(issue['message']) ?? '',
  }));
}

const nothing = { code: null, requestId: null, issues: [], data: {} } as const;

/** Any error of any transport, described. */
export function describeError(error: unknown): ErrorDescription {
  if (error instanceof ORPCError) {
    const data = record(error.data);
    return {
      ...splitMessage(error.message),
      code: error.code,
      requestId: textOrNull(data['request_id']) ?? textOrNull(data['requestId']),
      issues: issuesOf(data),
      data,
    };
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return {
      ...nothing,
      title: 'The program did not answer in time.',
      action: 'It may be busy. Try again; if it stays so, look at its log.',
    };
  }
  if (error instanceof PortLost) return { ...nothing, title: error.message, action: 'Try again.' };
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) {
    return {
      ...nothing,
      title: 'The program cannot be reached.',
      action: 'It may have been stopped. This page reconnects by itself once it runs again.',
    };
  }
  return { ...nothing, title: error instanceof Error ? error.message : String(error), action: null };
}

/** What is wrong with one field of a form, or null. */
export function issueOf(description: ErrorDescription | null, field: string): string | null {
  return description?.issues.find((issue) => issue.field === field)?.message ?? null;
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
