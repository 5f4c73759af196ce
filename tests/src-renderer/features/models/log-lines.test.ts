import { expect, test } from 'vitest';
import { appendLines, EMPTY_LOG, filterLines } from '../../../../src-renderer/features/models/log-lines.ts';
import type { LogLine } from '../../../../src-main/contract/models.ts';

const line = (n: number, level: LogLine['level'], text: string): LogLine => ({ n, at: 0, level, phase: null, text });

test('keys go on while old lines fall out, so that the list never shows one line as another', () => {
  const many = Array.from({ length: 20_000 }, (_, n) => line(n, 'info', `line ${n}`));
  const buffer = appendLines(appendLines(EMPTY_LOG, many), [line(0, 'info', 'a new launch')]);
  expect(buffer.lines).toHaveLength(20_000);
  expect(buffer.lines[0]?.key).toBe(1);
  expect(buffer.lines.at(-1)).toMatchObject({ key: 20_000, text: 'a new launch' });
});

test('a level shows itself and what is worse; the search ignores case', () => {
  const { lines } = appendLines(EMPTY_LOG, [
    line(0, 'debug', 'noise'),
    line(1, 'warning', 'CUDA is slow'),
    line(2, 'error', 'cuda failed'),
  ]);
  expect(filterLines(lines, 'warning', '')).toHaveLength(2);
  expect(filterLines(lines, 'debug', 'CUDA').map((found) => found.n)).toEqual([1, 2]);
});
