import { expect, test } from 'vitest';
import {
  inLabels,
  labelsFrom,
  withoutName,
  withoutRepeats,
} from '../../../../src-renderer/features/models/field-names.ts';
import { SPECS } from '../../../fakes/admin-plan.ts';

const labelOf = labelsFrom(SPECS.find(({ engine_type: engine }) => engine === 'vllm')?.fields ?? []);

test('a sentence calls a field what the form calls it; flags, paths, commands and JSON stay', () => {
  expect(inLabels('Set max_model_len to 40960', labelOf)).toBe('Set Context length to 40960');
  expect(inLabels('Choose another engine_image or local_path.', labelOf)).toBe('Choose another Image or Files.');
  expect(inLabels('set "max_model_len" instead', labelOf)).toBe('set "Context length" instead');
  for (const text of [
    '--max_model_len',
    '/srv/max_model_len',
    '{"max_model_len": 1}',
    '`max_model_len`',
    'no_such_field',
  ])
    expect(inLabels(text, labelOf)).toBe(text);
});

test('at its field a sentence does not begin with the field’s name', () => {
  expect(withoutName('max_model_len: must be a number', 'max_model_len')).toBe('Must be a number');
  expect(withoutName('engine_image is not here', 'engine_image')).toBe('Is not here');
  expect(withoutName('No such file.', 'local_path')).toBe('No such file.');
});

test('two fixes that write the same value are one; two that are only words are two', () => {
  const fixes = [
    { title: 'A', patch: { max_model_len: 4096 } },
    { title: 'B', patch: null },
    { title: 'C', patch: { max_model_len: 4096 } },
    { title: 'D', patch: null },
    { title: 'E', patch: { max_model_len: 2048 } },
  ];
  expect(withoutRepeats(fixes).map(({ title }) => title)).toEqual(['A', 'B', 'D', 'E']);
});
