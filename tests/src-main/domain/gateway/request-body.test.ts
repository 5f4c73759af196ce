import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planBody } from '../../../../src-main/domain/gateway/request-body.ts';

/** The body an engine would receive. */
function applied(text: string, defaults: Record<string, unknown>): Record<string, unknown> {
  const plan = planBody(JSON.parse(text) as Record<string, unknown>, defaults);
  if (plan.replace) return JSON.parse(JSON.stringify(plan.replace)) as Record<string, unknown>;
  const brace = text.indexOf('{') + 1;
  return JSON.parse(text.slice(0, brace) + plan.insert + text.slice(brace)) as Record<string, unknown>;
}

describe('planBody', () => {
  test('touches nothing when nothing is missing', () => {
    expect(planBody({ model: 'm', temperature: 0 }, { temperature: 0.7 })).toEqual({
      insert: '',
      replace: null,
      removeUsageChunk: false,
    });
  });

  test('fills in what was left out or null, never what the client chose, zero included', () => {
    expect(applied('{"model":"m","temperature":0}', { temperature: 0.7, top_p: 0.9 })).toEqual({
      model: 'm',
      temperature: 0,
      top_p: 0.9,
    });
    expect(applied('{"model":"m","temperature":null}', { temperature: 0.7, top_p: 0.9 })).toEqual({
      model: 'm',
      temperature: 0.7,
      top_p: 0.9,
    });
  });

  test('asks a stream for its usage, and says when the chunk must be taken out again', () => {
    expect(planBody({ stream: true }, {}).removeUsageChunk).toBe(true);
    expect(applied('{"stream":true}', {})).toEqual({ stream: true, stream_options: { include_usage: true } });
    expect(applied('{"stream":true,"stream_options":{"include_usage":false,"x":1}}', {})).toEqual({
      stream: true,
      stream_options: { include_usage: true, x: 1 },
    });
    expect(planBody({ stream: true, stream_options: { include_usage: true } }, {})).toEqual({
      insert: '',
      replace: null,
      removeUsageChunk: false,
    });
    expect(planBody({ stream: false }, {}).removeUsageChunk).toBe(false);
  });

  test('an inserted default leaves the other bytes alone: a 64-bit seed survives', () => {
    const text = ' {"seed":18446744073709551615,"model":"m"}';
    const plan = planBody(JSON.parse(text) as Record<string, unknown>, { top_k: 40 });
    expect(plan.replace).toBeNull();
    expect(plan.insert).toBe('"top_k":40,');
  });

  test('the result always is the defaults under the body, with nulls filled', () => {
    const bodies = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'x"y'), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(bodies, fc.dictionary(fc.constantFrom('a', 'b', 'd'), fc.jsonValue()), (body, defaults) => {
        const text = JSON.stringify({ model: 'm', ...body });
        const sent = JSON.parse(text) as Record<string, unknown>;
        const result = applied(text, defaults);
        for (const [key, value] of Object.entries(sent)) if (value !== null) expect(result[key]).toEqual(value);
        for (const [key, value] of Object.entries(defaults)) {
          if (sent[key] === undefined || sent[key] === null)
            expect(result[key]).toEqual(JSON.parse(JSON.stringify(value)));
        }
      }),
    );
  });
});
