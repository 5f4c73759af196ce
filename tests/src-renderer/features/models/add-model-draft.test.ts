import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelCreate } from '../../../../src-main/contract/models.ts';
import {
  draftModel,
  freeServedName,
  isStartable,
  placeInLibrary,
  servedNameFrom,
  suggestName,
  unstartableReason,
} from '../../../../src-renderer/features/models/add-model-draft.ts';
import { FOLDERS, GROUPS } from '../../../fakes/admin-data.ts';

const [ready, , incomplete, projector] = GROUPS;
if (ready === undefined || incomplete === undefined || projector === undefined)
  throw new Error('the fake has no groups');

test('a folder is placed below its library folder, not below one whose name only begins alike', () => {
  expect(placeInLibrary('/srv/models/qwen/', FOLDERS)).toEqual({ base: '/srv/models', folder: 'qwen' });
  expect(placeInLibrary('/srv/models', FOLDERS)).toEqual({ base: '/srv/models', folder: '' });
  expect(placeInLibrary('/srv/models-old/qwen', FOLDERS)).toBeNull();
  const nested = [...FOLDERS, { path: '/srv/models/big', base: false, exists: true }];
  expect(placeInLibrary('/srv/models/big/x', nested)).toEqual({ base: '/srv/models/big', folder: 'x' });
});

test('what cannot be started says why', () => {
  expect(isStartable(ready)).toBe(true);
  expect(unstartableReason(ready)).toBeNull();
  expect(unstartableReason(incomplete)).toContain('missing');
  expect(unstartableReason(projector)).toContain('projector');
});

test('the quantization stands in the name once', () => {
  expect(suggestName(ready)).toBe('Qwen3 8B Q4_K_M');
  expect(suggestName({ ...ready, metadata: null })).toBe('Qwen3-8B-Q4_K_M');
});

test('any name gives a served name that the contract takes, or an empty one', () => {
  const served = ModelCreate.shape.served_model_name;
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
      const made = servedNameFrom(name);
      expect(made === '' || served.safeParse(made).success).toBe(true);
    }),
  );
});

test('a taken served name gets the next free number', () => {
  expect(freeServedName('qwen', new Set(['qwen', 'qwen-2']))).toBe('qwen-3');
  expect(freeServedName('qwen', new Set())).toBe('qwen');
});

test('the draft passes the contract and keeps the task of the file', () => {
  const group = { ...ready, task: 'embed' as const };
  const draft = draftModel({ group, name: ' A ', servedName: 'a', buildId: null, values: { threads: 8, ngl: null } });
  expect(ModelCreate.parse(draft)).toMatchObject({ name: 'A', task: 'embed', local_path: ready.path, threads: 8 });
  expect('ngl' in draft).toBe(false);
});
