import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  changedValues,
  defaultInWords,
  fieldProblem,
  fieldText,
  parseFieldText,
  sameValue,
  setValues,
} from '../../../../src-renderer/features/models/field-values.ts';
import { FIELDS } from '../../../fakes/admin-data.ts';
import { SPECS } from '../../../fakes/admin-plan.ts';

function spec(name: string) {
  const found = FIELDS.find((field) => field.name === name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
}

test('a cleared field goes back to the default, never to 0 or an empty string', () => {
  for (const field of FIELDS) expect(parseFieldText(field, '  ')).toBeNull();
});

test('a half-typed number is kept as typed and called what it is', () => {
  const context = spec('context_size');
  expect(parseFieldText(context, '12a')).toBe('12a');
  expect(fieldProblem(context, '12a')).toBe('Enter a number.');
  expect(fieldProblem(context, 1.5)).toBe('Enter a whole number.');
  expect(fieldProblem(context, -1)).toBe('At least 0.');
  expect(fieldProblem(context, 2 ** 30)).toBe('At most 1,048,576.');
  expect(fieldProblem(context, null)).toBeNull();
});

test('the sizes that a help text promises are taken as typed, and only where it does', () => {
  const vllm = SPECS.find(({ engine_type: engine }) => engine === 'vllm')?.fields ?? [];
  for (const name of ['max_model_len', 'max_num_batched_tokens', 'kv_cache_memory_bytes']) {
    const field = vllm.find((each) => each.name === name);
    if (field === undefined) throw new Error(`no field ${name}`);
    for (const size of ['4G', '32k', '1.5M']) expect(fieldProblem(field, parseFieldText(field, size))).toBeNull();
    expect(fieldProblem(field, parseFieldText(field, '4X'))).toBe('Enter a number.');
  }
  expect(fieldProblem(spec('context_size'), parseFieldText(spec('context_size'), '32k'))).toBe('Enter a number.');
});

test('a number that is typed comes back as the same text value', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_048_576 }), (value) => {
      const parsed = parseFieldText(spec('context_size'), fieldText(value));
      expect(parsed).toBe(value);
      expect(fieldProblem(spec('context_size'), parsed)).toBeNull();
    }),
  );
});

test('the default context is said as the command has it: no longer than the training', () => {
  const context = spec('context_size');
  expect(defaultInWords(context, 4_096)).toBe('default 4,096 tokens, what the model was trained on');
  expect(defaultInWords(context, 40_960)).toBe('default 16,384 tokens');
  expect(defaultInWords(context)).toBe('default 16,384 tokens, at most what the model was trained on');
  expect(defaultInWords(spec('parallel_slots'), 2)).toBe('default 4');
  expect(defaultInWords(spec('override_tensor'))).toBe('the engine decides');
});

test('a list survives being shown and typed', () => {
  const field = spec('override_tensor');
  expect(parseFieldText(field, fieldText(['a=CPU', 'b=GPU0']))).toEqual(['a=CPU', 'b=GPU0']);
});

test('a patch holds what changed, a reset as null; a new model leaves defaults out', () => {
  const before = { context_size: 4096, threads: null, mlock: true };
  expect(changedValues(before, { context_size: 4096, threads: 8, mlock: null })).toEqual({ threads: 8, mlock: null });
  expect(setValues({ context_size: 4096, threads: null, mlock: false })).toEqual({ context_size: 4096, mlock: false });
  expect(sameValue(undefined, null)).toBe(true);
});
