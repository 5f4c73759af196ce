import { expect, test } from 'vitest';
import {
  appendLines,
  EMPTY_LOG,
  filterLines,
  matchesIn,
  phasesOf,
  piecesOf,
  placeOfEvidence,
  stepMatch,
} from '../../../../src-renderer/features/models/log-lines.ts';
import type { LogLine } from '../../../../src-main/contract/models.ts';

const line = (n: number, level: LogLine['level'], text: string, phase: string | null = null): LogLine => {
  return { n, at: 0, level, phase, text };
};

test('every place in a line that holds the text is marked, and nothing of the line is lost', () => {
  const found = (search: string) =>
    piecesOf('A (b) and a (B)', search)
      .filter((piece) => piece.found)
      .map(({ part }) => part);
  expect(found('a')).toEqual(['A', 'a', 'a']);
  expect(found('(b)')).toEqual(['(b)', '(B)']);
  expect(found('')).toEqual([]);
  expect(
    piecesOf('A (b) and a (B)', 'a')
      .map(({ part }) => part)
      .join(''),
  ).toBe('A (b) and a (B)');
});

test('keys go on while old lines fall out, so that the list never shows one line as another', () => {
  const many = Array.from({ length: 20_000 }, (_, n) => line(n, 'info', `line ${n}`));
  const buffer = appendLines(appendLines(EMPTY_LOG, many), [line(0, 'info', 'a new launch')]);
  expect(buffer.lines).toHaveLength(20_000);
  expect(buffer.lines[0]?.key).toBe(1);
  expect(buffer.lines.at(-1)).toMatchObject({ key: 20_000, text: 'a new launch' });
});

const { lines } = appendLines(EMPTY_LOG, [
  line(0, 'info', 'Starting llama.cpp b1'),
  line(1, 'debug', 'noise', 'Loading weights'),
  line(2, 'error', 'cuda failed: out of memory'),
  line(0, 'info', 'Starting llama.cpp b2'),
  line(1, 'warning', 'CUDA is slow', 'Loading weights'),
  line(2, 'error', 'cuda failed: out of memory'),
]);

test('a level shows itself, what is worse, and where a launch begins', () => {
  expect(filterLines(lines, 'error').map(({ text }) => text)).toEqual([
    'Starting llama.cpp b1',
    'cuda failed: out of memory',
    'Starting llama.cpp b2',
    'cuda failed: out of memory',
  ]);
});

test('a search ignores case, and its steps go round at both ends', () => {
  expect(matchesIn(lines, ' CUDA ')).toEqual([2, 4, 5]);
  expect(matchesIn(lines, '')).toEqual([]);
  expect(stepMatch(3, null, 1)).toBe(0);
  expect(stepMatch(3, null, -1)).toBe(2);
  expect(stepMatch(3, 2, 1)).toBe(0);
  expect(stepMatch(3, 0, -1)).toBe(2);
  expect(stepMatch(0, 2, 1)).toBeNull();
});

test('phases are those of the last launch, and evidence is found where it stands last', () => {
  expect(phasesOf(lines)).toEqual([{ phase: 'Loading weights', key: 4, at: 0 }]);
  expect(placeOfEvidence(lines, 'cuda failed: out of memory')).toBe(5);
  expect(placeOfEvidence(lines, 'something that fell out')).toBeNull();
});
