import { ORPCError } from '@orpc/server';
import { adminErrorBody, AppError, ERRORS, type ErrorCode, type Issue } from '../contract/errors.ts';

/** A refusal as oRPC carries it, over REST and over a port alike; `data` travels with its code and request id. */
function toWireError(
  error: unknown,
  requestId: string,
  logBug: (error: unknown, requestId: string) => void,
): ORPCError<string, object> {
  const known = error instanceof AppError ? error : fromOrpc(error);
  if (!known) logBug(error, requestId);
  const answer = known ?? new AppError('internal_error', {});
  return new ORPCError(answer.code, {
    status: answer.status,
    message: answer.message,
    data: { ...(answer.data as object), request_id: requestId },
  });
}

/** Turns what a call throws into wire errors: the call itself, and a stream that fails after it began. */
export async function withWireErrors(
  call: () => Promise<unknown>,
  requestId: string,
  logBug: (error: unknown, requestId: string) => void,
): Promise<unknown> {
  try {
    const output = await call();
    return isStream(output) ? translated(output, requestId, logBug) : output;
  } catch (error) {
    throw toWireError(error, requestId, logBug);
  }
}

async function* translated(
  stream: AsyncIterable<unknown>,
  requestId: string,
  logBug: (error: unknown, requestId: string) => void,
): AsyncGenerator<unknown, void, void> {
  try {
    yield* stream;
  } catch (error) {
    throw toWireError(error, requestId, logBug);
  }
}

function isStream(output: unknown): output is AsyncIterable<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output;
}

/** oRPC's own refusals: input that does not fit the schema, or a body that cannot be read at all. */
function fromOrpc(error: unknown): AppError | null {
  if (!(error instanceof ORPCError)) return null;
  if (error.code === 'BAD_REQUEST') {
    const issues = issuesOf(error.data);
    return issues
      ? new AppError('validation_failed', { issues })
      : new AppError('invalid_json', { detail: 'the body could not be read' });
  }
  return null;
}

function issuesOf(data: unknown): Issue[] | null {
  if (typeof data !== 'object' || data === null || !('issues' in data) || !Array.isArray(data.issues)) return null;
  return (data.issues as { message?: unknown; path?: unknown }[]).map((issue) => ({
    field: Array.isArray(issue.path)
      ? issue.path
          .map(segmentName)
          .filter((name) => !['params', 'query', 'body'].includes(name))
          .join('.')
      : '',
    message: typeof issue.message === 'string' ? issue.message : 'is not valid',
  }));
}

function segmentName(segment: unknown): string {
  return typeof segment === 'object' && segment !== null && 'key' in segment ? String(segment.key) : String(segment);
}

/** The admin envelope of an error on its way out over REST. */
export function toEnvelope(error: ORPCError<string, unknown>, requestId: string): object {
  if (error.code in ERRORS) {
    const { request_id: id = requestId, ...data } = (error.data ?? {}) as Record<string, unknown>;
    return { error: { code: error.code as ErrorCode, message: error.message, ...data }, request_id: id };
  }
  const known = fromOrpc(error) ?? new AppError('internal_error', {});
  return adminErrorBody(known, requestId);
}
