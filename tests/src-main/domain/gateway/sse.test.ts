import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SseTap } from '../../../../src-main/domain/gateway/sse.ts';

const encoder = new TextEncoder();
const opening = 'data: {"choices":[{"delta":{"role":"assistant","content":null}}]}\n\n';
const hello = 'data: {"choices":[{"delta":{"content":"Hello \\"usage\\": {"}}]}\n\n';
const world = 'data: {"choices":[{"delta":{"content":"wörld 🌍"}}]}\n\n';
const finish = 'data: {"choices":[{"finish_reason":"stop","delta":{}}]}\n\n';
const usage =
  'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":3}}}\n\n';
const done = 'data: [DONE]\n\n';
const whole = opening + hello + world + finish + usage + done;

/** Feeds `text` in pieces cut at `cuts` and gives back what was passed on. */
function run(tap: SseTap, text: string, cuts: readonly number[]): string {
  const bytes = encoder.encode(text);
  const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const out: Uint8Array[] = [];
  for (let i = 1; i < borders.length; i += 1) out.push(...tap.push(bytes.subarray(borders[i - 1], borders[i])).bytes);
  out.push(...tap.end());
  return Buffer.concat(out).toString('utf8');
}

describe('SseTap', () => {
  test('passes every byte through, wherever chunks are cut, and still finds the usage', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2000), { maxLength: 12 }), (cuts) => {
        const tap = new SseTap(false);
        expect(run(tap, whole, cuts)).toBe(whole);
        expect(tap.usage).toEqual({ promptTokens: 7, completionTokens: 2, cachedTokens: 3 });
        expect(tap.contentEvents).toBe(2);
      }),
    );
  });

  test('removes exactly the usage chunk that the client did not ask for, wherever chunks are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2000), { maxLength: 12 }), (cuts) => {
        const tap = new SseTap(true);
        expect(run(tap, whole, cuts)).toBe(whole.replace(usage, ''));
        expect(tap.usage?.promptTokens).toBe(7);
      }),
    );
  });

  test('keeps usage that stands in a chunk with a choice (per-chunk usage of vLLM)', () => {
    const both = 'data: {"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n';
    const tap = new SseTap(true);
    expect(run(tap, both + done, [])).toBe(both + done);
    expect(tap.usage?.completionTokens).toBe(1);
  });

  test('a whole event is never held back, a removed one leaves nothing', () => {
    const tap = new SseTap(true);
    expect(tap.push(encoder.encode(opening)).sawToken).toBe(false);
    const step = tap.push(encoder.encode(hello));
    expect(Buffer.concat(step.bytes).toString()).toBe(hello);
    expect(step.sawToken).toBe(true);
    expect(tap.push(encoder.encode(usage)).bytes).toEqual([]);
  });

  test('understands CRLF line ends and streams that end without a blank line', () => {
    const text = whole.replaceAll('\n', '\r\n');
    expect(run(new SseTap(false), text, [40, 41, 300])).toBe(text);
    const tap = new SseTap(true);
    expect(run(tap, text.slice(0, -2), [])).toBe(text.replace(usage.replaceAll('\n', '\r\n'), '').slice(0, -2));
    expect(tap.usage?.promptTokens).toBe(7);
  });

  test('notes an error the engine sends in the middle of a stream', () => {
    const tap = new SseTap(false);
    run(tap, `${hello}data: {"error":{"code":500,"message":"Context size has been exceeded."}}\n\n`, []);
    expect(tap.error).toMatchObject({ message: 'Context size has been exceeded.' });
  });

  test('counts tool calls, reasoning and plain completions as content', () => {
    const tap = new SseTap(false);
    run(
      tap,
      'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}}]}\n\n',
      [],
    );
    run(tap, 'data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}\n\n', []);
    run(tap, 'data: {"choices":[{"text":"a"}]}\n\n', []);
    run(tap, 'data: {"choices":[{"text":""}]}\n\n', []);
    expect(tap.contentEvents).toBe(3);
  });
});
