import { expect, test } from 'vitest';
import { SealBrokenError, Sealer } from '../../../../../src-main/core/services/access/sealed.ts';

const secret = Buffer.alloc(32, 7);

test.each(['', 'sk-abc', 'ключ 🔑', 'x'.repeat(4096)])('a text comes out as it went in: %#', (text) => {
  expect(new Sealer(secret).open(new Sealer(secret).seal(text))).toBe(text);
});

test('the same text never looks the same twice, and never shows', () => {
  const sealer = new Sealer(secret);
  const [one, two] = [sealer.seal('sk-abc'), sealer.seal('sk-abc')];
  expect(one).not.toBe(two);
  expect(one).not.toContain('sk-abc');
});

test('another secret opens nothing', () => {
  const sealed = new Sealer(secret).seal('sk-abc');
  expect(() => new Sealer(Buffer.alloc(32, 8)).open(sealed)).toThrow(SealBrokenError);
});

test('every changed byte is noticed', () => {
  const sealer = new Sealer(secret);
  const sealed = sealer.seal('sk-abc');
  const bytes = Buffer.from(sealed.slice('sealed1:'.length), 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => sealer.open(`sealed1:${changed.toString('base64url')}`)).toThrow(SealBrokenError);
  }
  for (const wrong of ['', 'sk-abc', 'sealed1:', sealed.slice(0, 30)])
    expect(() => sealer.open(wrong)).toThrow(SealBrokenError);
});
