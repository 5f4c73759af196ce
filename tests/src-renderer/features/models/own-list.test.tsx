// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, expect, test } from 'vitest';
import type { FieldValue } from '../../../../src-main/contract/models.ts';
import { parseCustomArguments, parseCustomEnvironment } from '../../../../src-main/domain/engine/custom.ts';
import { OwnListEditor } from '../../../../src-renderer/features/models/own-list-editor.tsx';
import { readRows, rowsFromPaste, writeRows, type OwnKind } from '../../../../src-renderer/features/models/own-list.ts';

afterEach(cleanup);

const pairs = (kind: OwnKind, text: string) => rowsFromPaste(kind, text).map(({ name, value }) => [name, value]);

test('rows that are not edited are written as they were, type and all', () => {
  const text = JSON.stringify([
    { flag: '--keep', type: 'int', value: 64 },
    { flag: '--swa-full', type: 'bool', value: false },
    { flag: '--names', type: 'string_list', value: ['a', 'b'] },
  ]);
  expect(writeRows('flag', readRows('flag', text) ?? [])).toBe(text);
});

test('what the rows write is what the program reads', () => {
  const flags = writeRows('flag', rowsFromPaste('flag', '--keep 64 --swa-full'));
  expect(parseCustomArguments(String(flags))).toEqual({
    items: [
      { flag: '--keep', type: 'string', value: '64' },
      { flag: '--swa-full', type: 'flag' },
    ],
  });
  const variables = writeRows('variable', rowsFromPaste('variable', 'A=1\nexport B="two words"'));
  expect(parseCustomEnvironment(String(variables))).toEqual({
    items: [
      { key: 'A', value: '1' },
      { key: 'B', value: 'two words' },
    ],
  });
});

test('a pasted line is taken apart; a plain name is left to be typed on', () => {
  expect(pairs('flag', '--a=1 --b two --c')).toEqual([
    ['--a', '1'],
    ['--b', 'two'],
    ['--c', ''],
  ]);
  expect(pairs('flag', '--n -1')).toEqual([['--n', '-1']]);
  expect(pairs('variable', 'URL=http://x?a=b')).toEqual([['URL', 'http://x?a=b']]);
  expect(pairs('variable', 'NAME')).toEqual([]);
});

test('a list that cannot be read is not thrown away, and rows come and go', () => {
  expect(readRows('flag', '["--a"')).toBeNull();
  let held: FieldValue = null;
  function Editor() {
    const [value, setValue] = useState<FieldValue>(null);
    held = value;
    return <OwnListEditor kind="variable" id="x" describedBy="y" invalid={false} value={value} onChange={setValue} />;
  }
  render(<Editor />);
  fireEvent.click(screen.getByRole('button', { name: 'Add variable' }));
  expect(held).toBeNull();
  fireEvent.paste(screen.getByLabelText('Variable 1'), { clipboardData: { getData: () => 'FOO=bar' } });
  expect(held).toBe('[{"key":"FOO","value":"bar"}]');
  fireEvent.click(screen.getByRole('button', { name: 'Remove variable 1' }));
  expect(held).toBeNull();
});
