import type { TokenUsage } from './usage.ts';

const SLICE_MS = 10_000;
const SLICES = 6;

interface Slice {
  readonly at: number;
  prompt: number;
  completion: number;
}

/** Tokens a second over the last minute, in slices of ten seconds: bounded memory, whatever the traffic. */
export class TokenRate {
  readonly #slices: Slice[] = [];

  add(usage: TokenUsage, nowMs: number): void {
    const at = Math.floor(nowMs / SLICE_MS);
    const last = this.#slices.at(-1);
    if (last?.at === at) {
      last.prompt += usage.promptTokens;
      last.completion += usage.completionTokens;
      return;
    }
    this.#slices.push({ at, prompt: usage.promptTokens, completion: usage.completionTokens });
    if (this.#slices.length > SLICES) this.#slices.shift();
  }

  /** Null when nothing was answered in the last minute. */
  perSecond(nowMs: number): { readonly prompt: number; readonly completion: number } | null {
    const oldest = Math.floor(nowMs / SLICE_MS) - SLICES;
    const recent = this.#slices.filter(({ at }) => at > oldest);
    if (recent.length === 0) return null;
    const seconds = (SLICES * SLICE_MS) / 1000;
    const sum = (pick: (slice: Slice) => number) => recent.reduce((total, slice) => total + pick(slice), 0) / seconds;
    return { prompt: sum((slice) => slice.prompt), completion: sum((slice) => slice.completion) };
  }
}
