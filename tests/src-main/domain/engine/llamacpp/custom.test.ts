import { describe, expect, it } from 'vitest';
import { llamacppFields as table } from '../../../../../src-main/domain/engine/llamacpp/fields.ts';
import { validateConfiguration } from '../../../../../src-main/domain/engine/field-table.ts';

const refusals = (flag: string, value?: unknown, type = 'string') =>
  validateConfiguration(table, 'generate', {
    engine_startup_args_json: JSON.stringify([{ flag, type, ...(value === undefined ? {} : { value }) }]),
  }).issues;

describe('a flag of the owner’s own', () => {
  it.each([
    '--host',
    '--port=1',
    '--api-key',
    '--api_key',
    '--api-key=x',
    '--api_key_file',
    '--log-file',
    '--tools',
    '--agent',
    '-ag',
    '--ssl-key-file',
    '--ssl_cert_file=x',
    '-m',
    '--model',
    '-hf',
    '--hf-repo',
    '-mu',
    '--slot-save-path',
    '--mcp-servers-json',
    '--models-dir',
    '--rpc',
    '--path',
    '-jf',
    '--props',
    '-a',
    '--fim-qwen-7b-spec',
    '--control-vector',
    '--help',
  ])('%s is refused in every spelling', (flag) => {
    expect(refusals(flag, 'x')[0]?.message).toMatch(/is not allowed/);
  });

  it('points to the field that a flag already has', () => {
    expect(refusals('-c', '4096')[0]?.message).toBe('-c has a field of its own; set "context_size" instead');
    expect(refusals('--ctx_size=4096')[0]?.message).toMatch(/context_size/);
    for (const flag of ['--lora', '--grammar-file', '-fit', '-nkvo', '--mlock', '--draft-max', '-n']) {
      expect(refusals(flag, 'x')[0]?.message).toMatch(/has a field of its own/);
    }
  });

  it('cannot bring in a second flag as a value', () => {
    expect(refusals('--keep', '--api-key')[0]?.message).toMatch(/cannot be a value/);
    expect(refusals('--keep', ['1', '-hf'], 'list')[0]?.message).toMatch(/cannot be a value/);
    expect(refusals('--keep', -1, 'int')).toEqual([]);
  });

  it('passes when it is harmless', () => {
    expect(refusals('--keep', 64, 'int')).toEqual([]);
    expect(refusals('--no-perf', true, 'flag')).toEqual([]);
  });

  it('must be JSON of the right shape', () => {
    const issues = validateConfiguration(table, 'generate', { engine_startup_args_json: '--keep 4' }).issues;
    expect(issues[0]?.message).toMatch(/is not JSON; write a list like/);
  });
});

describe('a variable of the owner’s own', () => {
  const refused = (key: string, value = 'x') =>
    validateConfiguration(table, 'generate', { engine_startup_env_json: JSON.stringify([{ key, value }]) }).issues;

  it.each([
    'LLAMA_ARG_PORT',
    'llama_api_key',
    'LD_PRELOAD',
    'PATH',
    'GGML_BACKEND_PATH',
    'VK_ICD_FILENAMES',
    'NVIDIA_VISIBLE_DEVICES',
    'HF_TOKEN',
    'A=B',
  ])('%s is refused', (key) => expect(refused(key)).toHaveLength(1));

  it('may choose GPUs', () => {
    expect(refused('CUDA_VISIBLE_DEVICES', '0,1')).toEqual([]);
    expect(refused('GGML_CUDA_ENABLE_UNIFIED_MEMORY', '1')).toEqual([]);
  });
});
