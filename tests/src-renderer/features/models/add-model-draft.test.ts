import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelCreate } from '../../../../src-main/contract/models.ts';
import {
  createInput,
  draftOfConfiguration,
  draftOfGroup,
  draftOfHub,
  freeServedName,
  hasSource,
  isStartable,
  patchDraft,
  placeInLibrary,
  repoIdFrom,
  runtimeOf,
  servedNameFrom,
  suggestName,
  unstartableReason,
} from '../../../../src-renderer/features/models/add-model-draft.ts';
import { FOLDERS, GROUPS } from '../../../fakes/admin-data.ts';
import { IMAGES } from '../../../fakes/admin-surroundings.ts';

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

const names = { name: ' A ', served: 'a' };

test('the draft passes the contract and keeps the task of the file', () => {
  const draft = { ...draftOfGroup({ ...ready, task: 'embed' }), values: { threads: 8, ngl: null } };
  const input = createInput(draft, names, 'process');
  expect(ModelCreate.parse(input)).toMatchObject({ name: 'A', task: 'embed', local_path: ready.path, threads: 8 });
  expect('ngl' in input).toBe(false);
});

test('what belongs to one runtime is not sent with the other', () => {
  const draft = { ...draftOfGroup(ready), image: 'registry.lan/llama:1', buildId: 'carried-v0.5.0' };
  expect(createInput(draft, names, 'process')).not.toHaveProperty('engine_image');
  expect(createInput(draft, names, 'container')).not.toHaveProperty('engine_build_id');
  expect(createInput(draft, names, 'container')).toMatchObject({ engine_image: 'registry.lan/llama:1' });
});

test('a pasted configuration loses no field, and says when it names no weights', () => {
  const draft = draftOfConfiguration({
    engine_type: 'vllm',
    runtime: 'container',
    repo_id: 'Qwen/Qwen3-8B',
    engine_image: 'vllm/vllm-openai:v0.33.0',
    served_model_name: 'qwen',
    max_model_len: 0,
    selected_gpus: ['0'],
    enforce_eager: false,
  });
  expect(draft).toMatchObject({ mode: 'online', repoId: 'Qwen/Qwen3-8B', image: 'vllm/vllm-openai:v0.33.0' });
  expect(draft.values).toEqual({ max_model_len: 0, selected_gpus: ['0'], enforce_eager: false });
  expect(hasSource(draft)).toBe(true);
  expect(hasSource(draftOfConfiguration({ engine_type: 'llamacpp', context_size: 4096 }))).toBe(false);
});

test('a fix changes the image and the runtime where they are, and every other key as a field', () => {
  const patched = patchDraft(draftOfGroup(ready), { runtime: 'process', engine_image: null, context_size: 4096 });
  expect(patched).toMatchObject({ runtime: 'process', image: null, values: { context_size: 4096 } });
});

test('an engine runs in a container by itself only where Docker has its image', () => {
  const draft = draftOfGroup(ready);
  const image = IMAGES.find(({ engine_type: engine, is_default: standard }) => engine === 'llamacpp' && standard);
  if (image === undefined) throw new Error('the fake has no such image');
  expect(runtimeOf(draft, { dockerReady: true, images: [image] })).toBe('process');
  expect(runtimeOf(draft, { dockerReady: true, images: [{ ...image, present: true }] })).toBe('container');
  expect(runtimeOf(draft, { dockerReady: false, images: [{ ...image, present: true }] })).toBe('process');
  expect(runtimeOf(draftOfHub('a/b', null), { dockerReady: false, images: [] })).toBe('container');
});

test('the address of a model’s page on Hugging Face means the model', () => {
  expect(repoIdFrom(' https://huggingface.co/Qwen/Qwen3-8B/tree/main?x=1 ')).toBe('Qwen/Qwen3-8B');
  expect(repoIdFrom('https://hf.co/Qwen/Qwen3-8B#files')).toBe('Qwen/Qwen3-8B');
  expect(repoIdFrom('Qwen/Qwen3-8B')).toBe('Qwen/Qwen3-8B');
});
