import type { ModelTest } from '../../../contract/dry-run.ts';
import type { Task } from '../../../contract/models.ts';

const CHAT_MS = 120_000;
const EMBEDDING_MS = 10_000;
const LONGEST_ERROR = 500;
const LONGEST_ANSWER_BYTES = 1_000_000;

export interface TestTarget {
  readonly origin: string;
  readonly authorization: string;
  readonly servedName: string;
  readonly task: Task;
}

interface Attempt {
  readonly path: string;
  readonly request: Record<string, unknown>;
}

/** One real request to a running engine. A failure is an answer, not an error. */
export async function testModel(target: TestTarget, nowMs: number, signal: AbortSignal): Promise<ModelTest> {
  const startedAt = performance.now();
  const first = target.task === 'embed' ? embedding(target) : chat(target);
  const timeoutMs = target.task === 'embed' ? EMBEDDING_MS : CHAT_MS;
  let used = first;
  let outcome = await ask(target, first, timeoutMs, signal);
  // A base model has no chat template; it still completes.
  if (outcome.error !== null && target.task !== 'embed' && /chat.?template/i.test(outcome.error)) {
    used = completion(target);
    outcome = await ask(target, used, timeoutMs, signal);
  }
  return {
    success: outcome.error === null,
    test_type: target.task === 'embed' ? 'embedding' : 'chat',
    request: used.request,
    response: outcome.response,
    error: outcome.error?.slice(0, LONGEST_ERROR) ?? null,
    latency_ms: Math.round(performance.now() - startedAt),
    timestamp: nowMs / 1000,
  };
}

function chat({ servedName }: TestTarget): Attempt {
  const messages = [{ role: 'user', content: 'Hello' }];
  return {
    path: '/v1/chat/completions',
    request: { model: servedName, messages, max_tokens: 50, temperature: 0.7 },
  };
}

function completion({ servedName }: TestTarget): Attempt {
  return {
    path: '/v1/completions',
    request: { model: servedName, prompt: 'Hello', max_tokens: 50, temperature: 0.7 },
  };
}

function embedding({ servedName }: TestTarget): Attempt {
  return { path: '/v1/embeddings', request: { model: servedName, input: 'test' } };
}

async function ask(
  target: TestTarget,
  { path, request }: Attempt,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ response: unknown; error: string | null }> {
  const timeUp = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(target.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: target.authorization },
      body: JSON.stringify(request),
      redirect: 'error',
      signal: AbortSignal.any([signal, timeUp]),
    });
    const text = await answer.text();
    const response = readJson(text);
    if (answer.ok) return { response, error: response === null ? 'The engine’s answer is no JSON.' : null };
    return { response, error: `The engine answered ${answer.status}: ${messageIn(response) ?? text}` };
  } catch (error) {
    signal.throwIfAborted();
    const reason = timeUp.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
    return { response: null, error: `The engine could not be asked: ${reason}.` };
  }
}

function readJson(text: string): unknown {
  if (text.length > LONGEST_ANSWER_BYTES) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function messageIn(response: unknown): string | null {
  if (typeof response !== 'object' || response === null || !('error' in response)) return null;
  const { error } = response;
  if (typeof error === 'string') return error;
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : null;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
