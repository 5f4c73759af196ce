// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import type { EngineImage } from '../../../../src-main/contract/docker.ts';
import { removalWords } from '../../../../src-renderer/features/settings/images-section.tsx';
import { MODELS } from '../../../fakes/admin-models.ts';

const IMAGE: EngineImage = {
  reference: 'vllm/vllm-openai:v0.33.0',
  present: true,
  id: 'sha256:1',
  digest: 'sha256:2',
  size_bytes: 1,
  created_at: 1,
  engine_type: 'vllm',
  version: '0.33.0',
  known_flags: null,
  is_default: false,
  models: [],
};

test('an image that was built here is not said to be downloaded again', () => {
  expect(removalWords(IMAGE, [])).toContain('can be downloaded at any time');
  const builtHere = { ...IMAGE, digest: null, models: ['Qwen3 32B AWQ'] };
  for (const image of [builtHere, { ...builtHere, models: [] }]) {
    expect(removalWords(image, MODELS)).toContain('cannot be downloaded again');
    expect(removalWords(image, MODELS)).not.toContain('the others download it');
  }
});

test('the models that use an image are told by both of their names', () => {
  expect(removalWords({ ...IMAGE, models: ['Qwen3 32B AWQ', 'Gone'] }, MODELS)).toContain(
    'It is used by Qwen3 32B AWQ (qwen3-32b), Gone.',
  );
});
