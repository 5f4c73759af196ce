// @vitest-environment happy-dom
import * as fc from 'fast-check';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { Cure, proseOf } from '../../../src-renderer/ui/prose.tsx';

afterEach(cleanup);

test('only what stands between two backticks is a command', () => {
  expect(proseOf('Run `apt install git` first.').map(({ text, isCode }) => [text, isCode])).toEqual([
    ['Run ', false],
    ['apt install git', true],
    [' first.', false],
  ]);
  expect(proseOf('one ` alone')).toMatchObject([{ text: 'one ` alone', isCode: false }]);
});

test('no letter of a sentence is lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('`', 'a', ' ', '\n') }), (text) => {
      const back = proseOf(text).map((piece) => (piece.isCode ? `\`${piece.text}\`` : piece.text));
      expect(back.join('')).toBe(text);
    }),
  );
});

test('a cure offers its command to be copied, not the sentence around it', () => {
  render(<Cure text="Run `apt install git`, or your distribution’s equivalent." />);
  expect(screen.getByRole('button', { name: 'Copy apt install git' })).toBeTruthy();
});
