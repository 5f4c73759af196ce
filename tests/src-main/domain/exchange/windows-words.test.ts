import { expect, test } from 'vitest';
import { looksLikeCommand, readPastedCommand } from '../../../../src-main/domain/exchange/pasted-command.ts';
import { isWindowsLine, readWindowsLine } from '../../../../src-main/domain/exchange/windows-words.ts';

const raw = String.raw;
const words = (text: string) => {
  const line = readWindowsLine(text);
  return 'message' in line ? line.message : line.words.map((word) => word.text);
};

test.each<[string, string[]]>([
  [raw`C:\llama\llama-server.exe -m D:\models\a.gguf`, [raw`C:\llama\llama-server.exe`, '-m', raw`D:\models\a.gguf`]],
  [
    raw`& "C:\Program Files\x.exe" -m 'D:\my models\a.gguf'`,
    [raw`C:\Program Files\x.exe`, '-m', raw`D:\my models\a.gguf`],
  ],
  ['a ^\r\n  -b ^\n  -c `\r\n  -d', ['a', '-b', '-c', '-d']],
  [raw`a --json "{\"x\": \"y\"}" --other '{"x": 1}'`, ['a', '--json', '{"x": "y"}', '--other', '{"x": 1}']],
  [raw`a "D:\my models\" -c 1`, ['a', raw`D:\my models` + '\\', '-c', '1']],
  [raw`a C:\Users\O'Brien\m.gguf "" b="c d"`, ['a', raw`C:\Users\O'Brien\m.gguf`, '', 'b=c d']],
  [raw`PS C:\Users\me> .\llama-server.exe -c 1`, [raw`.\llama-server.exe`, '-c', '1']],
])('%j is read as Windows reads it: a backslash is a part of a path', (text, expected) => {
  expect(words(text)).toEqual(expected);
});

test.each([
  ['a & b', /more than one command/],
  ['a | b', /more than one command/],
  ['a > f', /more than one command/],
  ['a\r\nb', /more than one command/],
  ['a $(Get-Date)', /\$\( \)/],
  ['a "b', /quoted text/],
])('%j is refused with the reason, and never run', (text, reason) => {
  expect(words(text)).toMatch(reason);
});

test.each([
  ['docker run -v /srv/models:/models vllm/vllm-openai --model /models/a', false],
  ['llama-server -m a.gguf \\\n  -c 4096 --x \'{"a": "C:\\\\\\\\b"}\'', false],
  ['llama-server -m a.gguf # 2^\n', false],
  [raw`docker run -v C:\models:/models vllm/vllm-openai --model /models/a`, true],
  ['llama-server -m a.gguf ^\n  -c 4096', true],
  [raw`llama-server -m %USERPROFILE%\a.gguf`, true],
])('%j is one of Windows: %s', (text, expected) => {
  expect(isWindowsLine(text)).toBe(expected);
});

test('a whole line as it is copied from a Windows page is read, with every path whole', () => {
  const text = [
    raw`"C:\Program Files\llama.cpp\llama-server.exe" ^`,
    raw`  -m "D:\my models\Qwen3-8B-Q4_K_M.gguf" ^`,
    raw`  --mmproj D:\models\mmproj.gguf -ngl 99 ^`,
    raw`  --chat-template-file %USERPROFILE%\t.jinja`,
  ].join('\r\n');
  expect(looksLikeCommand(text)).toBe(true);
  const parsed = readPastedCommand(text);
  expect(parsed).toMatchObject({
    source: 'llama-server',
    draft: {
      served_model_name: 'Qwen3-8B-Q4_K_M',
      local_path: raw`D:\my models\Qwen3-8B-Q4_K_M.gguf`,
      mmproj_path: raw`D:\models\mmproj.gguf`,
      ngl: 99,
    },
    dropped: [{ text: raw`%USERPROFILE%\t.jinja`, reason: expect.stringContaining('variable') as unknown }],
  });
});

test('a mounted drive is taken out of a path like any folder', () => {
  const parsed = readPastedCommand(
    raw`docker run --gpus all -v D:\models:/models vllm/vllm-openai --model /models/Qwen3-8B`,
  );
  expect(parsed).toMatchObject({ draft: { engine_type: 'vllm', local_path: raw`D:\models/Qwen3-8B` } });
});

test.each([raw`C:\a\llama-server.exe -m x`, raw`& 'C:\a b\vllm.exe' serve x`, raw`PS C:\> .\llama-server -m x`])(
  '%j looks like a command',
  (text) => {
    expect(looksLikeCommand(text)).toBe(true);
  },
);
