import { describe, expect, it } from 'vitest';
import { llamacppFields as table } from '../../../../../src-main/domain/engine/llamacpp/fields.ts';
import { validateConfiguration } from '../../../../../src-main/domain/engine/field-table.ts';
import { driverOf } from '../../../../../src-main/domain/engine/registry.ts';

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
    expect(issues[0]?.message).toMatch(/^must be a list like \[/);
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

  it.each([
    'CUDA_VISIBLE_DEVICES',
    'NVIDIA_VISIBLE_DEVICES',
    'HIP_VISIBLE_DEVICES',
    'ROCR_VISIBLE_DEVICES',
    'GGML_VK_VISIBLE_DEVICES',
  ])('%s would contradict the chosen GPUs: the field is named', (key) =>
    expect(refused(key, '1').map(({ message }) => message)).toEqual([
      `${key} is not allowed: set "selected_gpus" instead`,
    ]),
  );

  it('may tune the GPUs', () => {
    expect(refused('GGML_CUDA_ENABLE_UNIFIED_MEMORY', '1')).toEqual([]);
    expect(refused('NCCL_P2P_DISABLE', '1')).toEqual([]);
    expect(refused('PYTORCH_CUDA_ALLOC_CONF', 'expandable_segments:True')).toEqual([]);
  });

  it('is said once: of two values one would go unheard', () => {
    const twice = [
      { key: 'NCCL_DEBUG', value: 'INFO' },
      { key: 'NCCL_DEBUG', value: 'WARN' },
    ];
    const { issues } = validateConfiguration(table, 'generate', { engine_startup_env_json: JSON.stringify(twice) });
    expect(issues).toEqual([{ field: 'engine_startup_env_json', message: 'names NCCL_DEBUG twice' }]);
  });

  it('is shown by an example that every engine takes', () => {
    const { help } = table.rows.find(({ name }) => name === 'engine_startup_env_json') ?? { help: '' };
    const example = /\[.*\]/.exec(help)?.[0];
    for (const engine of ['vllm', 'llamacpp'] as const) {
      const own = driverOf(engine).table;
      expect(validateConfiguration(own, 'generate', { engine_startup_env_json: example }).issues).toEqual([]);
    }
  });
});

describe.each(['vllm', 'llamacpp'] as const)('what a request says, among the flags of %s', (engine) => {
  it.each([
    ['--temperature', 'temperature'],
    ['--temp', 'temperature'],
    ['--top-p', 'top_p'],
    ['--top_k', 'top_k'],
    ['--repetition-penalty', 'repetition_penalty'],
    ['--repeat-penalty', 'repetition_penalty'],
    ['--frequency-penalty', 'frequency_penalty'],
    ['--presence-penalty=1', 'presence_penalty'],
    ['--max-tokens', 'max_tokens'],
    ['--stop', 'custom_request_json'],
  ])('%s names its field %s', (flag, field) => {
    const own = driverOf(engine).table;
    const input = { engine_startup_args_json: JSON.stringify([{ flag, value: '1' }]) };
    expect(own.rows.map(({ name }) => name)).toContain(field);
    expect(validateConfiguration(own, 'generate', input).issues.map(({ message }) => message)).toEqual([
      `${flag.replace('_', '-').replace('=1', '')} is a request default; set the field "${field}" instead`,
    ]);
  });

  it('--n-predict names a field, and --stream the request', () => {
    const own = driverOf(engine).table;
    const refusal = (flag: string) =>
      validateConfiguration(own, 'generate', { engine_startup_args_json: JSON.stringify([{ flag, type: 'flag' }]) })
        .issues[0]?.message;
    expect(refusal('--n-predict')).toMatch(/set (the field )?"(max_tokens|n_predict)" instead/);
    expect(refusal('--stream')).toContain('each request says itself');
  });
});
