import { expect, test } from 'vitest';
import { readShellLine } from '../../../../src-main/domain/exchange/shell-words.ts';

const words = (text: string) => {
  const line = readShellLine(text);
  return 'message' in line ? line.message : line.words.map((word) => word.text);
};

test.each<[string, string[]]>([
  ['a  b\tc', ['a', 'b', 'c']],
  [`a 'b c' "d e"f`, ['a', 'b c', 'd ef']],
  [`'{"a": "b"}' "{\\"a\\": \\"b\\"}"`, ['{"a": "b"}', '{"a": "b"}']],
  [`'it'"'"'s' a\\ b ''`, ["it's", 'a b', '']],
  ['a \\\n  b \\\r\n  c \\  \n d', ['a', 'b', 'c', 'd']],
  ['$ docker run x # a comment\n# another', ['docker', 'run', 'x']],
  ['\n\na b\n', ['a', 'b']],
  ['"a\\nb" \'a\\nb\'', ['a\\nb', 'a\\nb']],
  ['--x=#1 a#b', ['--x=#1', 'a#b']],
])('%j is read as a shell reads it', (text, expected) => {
  expect(words(text)).toEqual(expected);
});

test.each([
  ['a $(rm -rf /)', /\$\( \) or backticks/],
  ['a "`id`"', /backticks/],
  ['a | b', /more than one command/],
  ['a; b', /more than one command/],
  ['a && b', /more than one command/],
  ['a > f', /more than one command/],
  ['a\nb', /more than one command/],
  [`a 'b`, /quoted text/],
  ['a "b', /quoted text/],
])('%j is refused with the reason, and never run', (text, reason) => {
  expect(words(text)).toMatch(reason);
});

test('variables stay as they are written and are told', () => {
  const line = readShellLine(`-v $HOME/m:/m -e "T=\${T}" '$x' "\\$y" ~/a a~b`);
  expect('words' in line && line.words.map(({ text, hasVariable }) => [text, hasVariable])).toEqual([
    ['-v', false],
    ['$HOME/m:/m', true],
    ['-e', false],
    ['T=${T}', true],
    ['$x', false],
    ['$y', false],
    ['~/a', true],
    ['a~b', false],
  ]);
});
