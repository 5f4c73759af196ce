// @vitest-environment happy-dom
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { expiresAt } from '../../../../src-renderer/features/access/create-key.tsx';
import { curlSnippet, pythonSnippet } from '../../../../src-renderer/features/access/snippets.ts';

const target = { baseUrl: 'http://127.0.0.1:8084/v1', token: 'cortex_abc', model: "o'brien/q4" };

test('the curl snippet is one command that a shell reads back as it was meant', () => {
  const words = execFileSync(
    'sh',
    ['-c', `curl() { for word in "$@"; do printf '%s\\n' "$word"; done; }\n${curlSnippet(target)}`],
    {
      encoding: 'utf8',
    },
  ).split('\n');
  expect(words[0]).toBe('http://127.0.0.1:8084/v1/chat/completions');
  expect(words).toContain('Authorization: Bearer cortex_abc');
  expect(JSON.parse(words.find((word) => word.startsWith('{')) ?? '')).toMatchObject({ model: "o'brien/q4" });
});

test('the Python snippet quotes what it is given', () => {
  expect(pythonSnippet({ ...target, model: 'a"b' })).toContain('model="a\\"b"');
});

test('a key expires at the end of the chosen day, or so many days from now', () => {
  expect(expiresAt('never', '', 1000)).toBeNull();
  expect(expiresAt('30', '', 1000)).toBe(1000 + 30 * 86_400);
  const end = expiresAt('date', '2030-01-02', 0) ?? 0;
  expect(new Date(end * 1000).getHours()).toBe(23);
});
