import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { weightFiles } from '../../../../../src-main/core/services/supervisor/model-on-disk.ts';
import { Workbench } from '../../../../fixtures/workbench.ts';

it('counts weights once that a folder holds twice', () => {
  const twice = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  expect(weightFiles([...twice, 'consolidated.safetensors', 'pytorch_model.bin', 'config.json'])).toEqual(twice);
  expect(weightFiles(['consolidated.safetensors', 'a.gguf'])).toEqual(['consolidated.safetensors']);
  expect(weightFiles(['pytorch_model.bin', 'a.gguf'])).toEqual(['pytorch_model.bin']);
  expect(weightFiles(['a.gguf', 'README.md'])).toEqual(['a.gguf']);
});

it('weights that can run code, and code that comes with the model, are told before a start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cortex-test-'));
  writeFileSync(join(folder, 'pytorch_model.bin'), 'x'.repeat(10));
  await using bench = new Workbench({ executable: null });
  const draft = { name: 'p', served_model_name: 'p', engine_type: 'vllm', local_path: folder, trust_remote_code: true };
  const { warnings } = await bench.models.dryRunDraft(draft, AbortSignal.timeout(10_000));
  const security = warnings.filter(({ category }) => category === 'security');
  expect(security.map(({ title }) => title)).toEqual(['Weights that can run code', 'Runs the model’s own code']);
  expect(security[1]?.fix?.patch).toEqual({ trust_remote_code: null });
  rmSync(folder, { recursive: true, force: true });
});
