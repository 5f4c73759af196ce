import { create } from 'zustand';
import type { PlaygroundEvent, PlaygroundRequest } from '#contract/playground.ts';
import { client } from '../../api/client.ts';
import { describeError, isAbort, type ErrorDescription } from '../../api/errors.ts';
import { figuresSoFar, sawPiece, startWatch, type AnswerFigures } from './stopwatch.ts';

export interface Question {
  readonly id: number;
  readonly role: 'user';
  readonly content: string;
}

export interface Answer {
  readonly id: number;
  readonly role: 'assistant';
  readonly model: string;
  readonly content: string;
  readonly reasoning: string;
  readonly status: 'streaming' | 'done' | 'stopped' | 'failed';
  /** Why the engine ended: "length" when it ran out of tokens. */
  readonly finish: string | null;
  readonly figures: AnswerFigures | null;
  readonly error: ErrorDescription | null;
}

export type Turn = Question | Answer;

/** What a request carries beside its messages; null and '' leave the model's own. */
export interface Sampling {
  readonly system: string;
  readonly temperature: number | null;
  readonly top_p: number | null;
  readonly top_k: number | null;
  readonly min_p: number | null;
  readonly repeat_penalty: number | null;
  readonly max_tokens: number | null;
  readonly seed: number | null;
}

export const MODEL_SAMPLING: Sampling = {
  system: '',
  temperature: null,
  top_p: null,
  top_k: null,
  min_p: null,
  repeat_penalty: null,
  max_tokens: null,
  seed: null,
};

interface Conversation {
  readonly turns: readonly Turn[];
  readonly sampling: Sampling;
  readonly draft: string;
  /** Stops the answer being written; null when none is. */
  readonly stop: (() => void) | null;
}

/** The conversation of this window; it lives as long as the window does. */
export const useConversation = create<Conversation>(() => ({
  turns: [],
  sampling: MODEL_SAMPLING,
  draft: '',
  stop: null,
}));

let nextId = 1;

function newAnswer(model: string): Answer {
  return {
    id: nextId++,
    role: 'assistant',
    model,
    content: '',
    reasoning: '',
    status: 'streaming',
    finish: null,
    figures: null,
    error: null,
  };
}

/** The request for everything said so far; an answer that failed or is empty is no part of it. */
export function requestOf(model: string, turns: readonly Turn[], sampling: Sampling): PlaygroundRequest {
  const { system, ...parameters } = sampling;
  const said = turns
    .filter((turn) => turn.role === 'user' || (turn.status !== 'failed' && turn.content !== ''))
    .map(({ role, content }) => ({ role, content }));
  const set = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null));
  const messages = system.trim() === '' ? said : [{ role: 'system', content: system }, ...said];
  return { model, messages, ...set };
}

interface Delta {
  readonly content: string;
  readonly reasoning: string;
  readonly finish: string | null;
}

/** The text one chunk of OpenAI's stream adds; engines differ in the name they give to reasoning. */
export function deltaOf(chunk: Readonly<Record<string, unknown>>): Delta {
  const choices: unknown = chunk['choices'];
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  if (typeof choice !== 'object' || choice === null) return { content: '', reasoning: '', finish: null };
  const { delta, finish_reason: finish } = choice as { delta?: Record<string, unknown>; finish_reason?: unknown };
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    content: text(delta?.['content']),
    reasoning: text(delta?.['reasoning_content']) || text(delta?.['reasoning']),
    finish: typeof finish === 'string' ? finish : null,
  };
}

/** An answer after one more event of its stream. */
export function applyEvent(answer: Answer, event: PlaygroundEvent): Answer {
  if (event.type === 'done') {
    const { type: _, ...figures } = event;
    return { ...answer, figures: { ...figures, soFar: false }, status: 'done' };
  }
  const { content, reasoning, finish } = deltaOf(event.chunk);
  return {
    ...answer,
    content: answer.content + content,
    reasoning: answer.reasoning + reasoning,
    finish: finish ?? answer.finish,
  };
}

const lengthOf = (answer: Answer): number => answer.content.length + answer.reasoning.length;

function replaceAnswer(answer: Answer): void {
  useConversation.setState(({ turns }) => ({ turns: turns.map((turn) => (turn.id === answer.id ? answer : turn)) }));
}

/** Streams an answer to what was said. A frame's worth of chunks is shown at once: the screen is no faster. */
async function stream(answer: Answer, request: PlaygroundRequest, signal: AbortSignal): Promise<void> {
  let current = answer;
  let watch = startWatch(performance.now());
  let frame: number | null = null;
  const show = () => {
    frame = null;
    replaceAnswer(current);
  };
  try {
    for await (const event of await client.playground.chat(request, { signal })) {
      const before = lengthOf(current);
      current = applyEvent(current, event);
      if (lengthOf(current) > before) watch = sawPiece(watch, performance.now());
      frame ??= requestAnimationFrame(show);
    }
    current = { ...current, status: 'done' };
  } catch (error) {
    current =
      signal.aborted || isAbort(error)
        ? { ...current, status: 'stopped' }
        : { ...current, status: 'failed', error: describeError(error) };
  } finally {
    current = { ...current, figures: current.figures ?? figuresSoFar(watch, performance.now()) };
    if (frame !== null) cancelAnimationFrame(frame);
    show();
  }
}

async function answerWith(model: string, turns: readonly Turn[]): Promise<void> {
  const { sampling, stop } = useConversation.getState();
  if (stop !== null) return;
  const controller = new AbortController();
  const answer = newAnswer(model);
  useConversation.setState({ turns: [...turns, answer], stop: () => controller.abort() });
  try {
    await stream(answer, requestOf(model, turns, sampling), controller.signal);
  } finally {
    useConversation.setState({ stop: null });
  }
}

export function send(model: string, content: string): void {
  const { turns, stop } = useConversation.getState();
  if (stop !== null) return;
  useConversation.setState({ draft: '' });
  void answerWith(model, [...turns, { id: nextId++, role: 'user', content }]);
}

/** Asks the last question again; what was answered to it goes. */
export function regenerate(model: string): void {
  const { turns } = useConversation.getState();
  const last = turns.findLastIndex((turn) => turn.role === 'user');
  if (last !== -1) void answerWith(model, turns.slice(0, last + 1));
}

export function clearConversation(): void {
  useConversation.getState().stop?.();
  useConversation.setState({ turns: [] });
}
