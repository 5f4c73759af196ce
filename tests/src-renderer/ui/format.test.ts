import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bytes,
  duration,
  inWords,
  relativeTime,
  shellLines,
  timeLeft,
  wrapShellLine,
} from '../../../src-renderer/ui/format.ts';

test('bytes and durations take the largest sensible unit, without 1000 ms or 60 s', () => {
  expect(inWords(bytes(15_676_000_000))).toBe('14.6 GiB');
  expect(inWords(bytes(148_000_000))).toBe('141 MiB');
  expect(inWords(duration(999.6))).toBe('1.0 s');
  expect(inWords(duration(59_700))).toBe('1 min');
  expect(inWords(duration(145.2))).toBe('145 ms');
});

test('a guess of time left has no false precision', () => {
  expect(timeLeft(0.4)).toBe('almost done');
  expect(timeLeft(1.9)).toBe('2 s left');
  expect(timeLeft(75)).toBe('1 min left');
});

test('times before and after now', () => {
  expect(relativeTime(1000, 1010)).toBe('just now');
  expect(relativeTime(1000, 1240)).toBe('4 min ago');
  expect(relativeTime(8200, 1000)).toBe('in 2 h');
});

test('an argv comes back from its shell lines word for word', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ -~]{0,12}$/), { minLength: 1 }), (argv) => {
      expect(readShell(shellLines(['run', ...argv]))).toEqual(['run', ...argv]);
    }),
  );
});

/** A reader of the little of POSIX shell that is written: words, single quotes, backslashes. */
function readShell(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index] ?? '';
    if (letter === "'") {
      quoted = !quoted;
      word ??= '';
    } else if (!quoted && letter === '\\') {
      index += 1;
      if (text[index] !== '\n') word = (word ?? '') + (text[index] ?? '');
    } else if (!quoted && letter === ' ') {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + letter;
  }
  if (word !== null) words.push(word);
  return words;
}

test('a shell line is broken at its flags and never inside what is quoted', () => {
  expect(wrapShellLine("docker run -e 'A= --b' --rm image -c 4\n")).toBe(
    "docker run \\\n  -e 'A= --b' \\\n  --rm image \\\n  -c 4",
  );
});
