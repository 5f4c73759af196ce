import { expect, test } from 'vitest';
import { renameModel } from '../../../../src-main/domain/gateway/model-name.ts';

const renamed = (text: string, name = 'org/other') => Buffer.from(renameModel(Buffer.from(text), name)).toString();

test.each([
  ['{"model":"m"}', '{"model":"org/other"}'],
  [
    '{ "messages" : [{"role":"user","content":"\\"model\\":\\"m\\" {[é🔑"}],\n "model" : "m" , "seed": 18446744073709551615 }',
    '{ "messages" : [{"role":"user","content":"\\"model\\":\\"m\\" {[é🔑"}],\n "model" : "org/other" , "seed": 18446744073709551615 }',
  ],
  // A nested key is not the request's, a value is no key.
  ['{"x":{"model":"m"},"y":"model","model":"m"}', '{"x":{"model":"m"},"y":"model","model":"org/other"}'],
  // Two keys: parsers differ in which one counts.
  ['{"model":"a","model":"m"}', '{"model":"org/other","model":"org/other"}'],
  ['{"mod\\u0065l":"m"}', '{"mod\\u0065l":"org/other"}'],
  ['{"model":"m\\"\\\\","stop":"\\\\"}', '{"model":"org/other","stop":"\\\\"}'],
  ['{"model":7,"messages":["m"],"model":"m"}', '{"model":7,"messages":["m"],"model":"org/other"}'],
])('only the value of the request’s own model key changes: %s', (from, to) => {
  expect(renamed(from)).toBe(to);
  expect((JSON.parse(to) as { model: string }).model).toBe('org/other');
});

test('a name is written as JSON, whatever is in it', () => {
  expect(JSON.parse(renamed('{"model":"m"}', 'a"b\\é\n'))).toEqual({ model: 'a"b\\é\n' });
});

test('random requests come out with the new name and nothing else changed', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  const value = (depth: number): unknown => {
    const texts = ['model', '"', '\\', '{"model":"m"}', ':', 'é', '\u2028', '', ']}'];
    if (depth > 3 || random(3) === 0) return texts[random(texts.length)];
    if (random(2) === 0) return Array.from({ length: random(4) }, () => value(depth + 1));
    return Object.fromEntries(
      Array.from({ length: random(4) }, (_, i) => [texts[random(texts.length)] ?? i, value(depth + 1)]),
    );
  };
  for (let i = 0; i < 300; i += 1) {
    const before = { [`a${random(9)}`]: value(0), model: 'm', [`b${random(9)}`]: value(0) };
    const text = JSON.stringify(before, null, random(3));
    expect(JSON.parse(renamed(text))).toEqual({ ...before, model: 'org/other' });
    expect(renamed(text).length - text.length).toBe('org/other'.length - 1);
  }
});
