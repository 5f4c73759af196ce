import { describe, expect, it } from 'vitest';
import { validateConfiguration } from '../../../../../src-main/domain/engine/field-table.ts';
import { readArgparseHelp } from '../../../../../src-main/domain/engine/known-flags.ts';
import { flagIssues } from '../../../../../src-main/domain/engine/vllm/command.ts';
import { vllmFields } from '../../../../../src-main/domain/engine/vllm/fields.ts';
import { HELP } from '../../../../fakes/vllm/flags.ts';

const own = (list: unknown) => ({ engine_startup_args_json: JSON.stringify(list) });
const refusal = (flag: string, value: unknown = 'x', type = 'string') =>
  validateConfiguration(vllmFields, 'generate', own([{ flag, type, value }])).issues[0]?.message;

describe('a flag of the owner’s own', () => {
  it.each([
    '--host',
    '--port=1',
    '--api-key',
    '--api_key=x',
    '--api-k',
    '--uds',
    '--root-path',
    '--ssl-keyfile',
    '--ssl_certfile',
    '--ssl',
    '--no-enable-ssl-refresh',
    '--config',
    '--middleware',
    '--middle',
    '--allowed-local-media-path',
    '--allowed_local_media',
    '--log-config-file',
    '--disable-log-stats',
    '--disable-log-st',
    '--uvicorn-log-level',
    '--api-server-count',
    '-asc',
    '-asc=4',
    '--headless',
    '--grpc',
    '--data-parallel-multi-port-external-lb',
    '--data-parallel-address',
    '--tool-parser-plugin',
    '--some-new-plugin',
    '--worker-cls',
    '--kv-transfer-config.kv_connector',
    '--hf-token',
    '--device-ids',
    '--download-dir',
    '--model',
    '--served-model-name',
    '-h',
    '--help=all',
    '-v',
  ])('%s is refused in every spelling', (flag) => expect(refusal(flag)).toMatch(/is not allowed/));

  it.each([
    ['--gpu-memory-utilization', 'gpu_memory_utilization'],
    ['--gpu_memory_utilization=0.5', 'gpu_memory_utilization'],
    ['--gpu-mem', 'gpu_memory_utilization'],
    ['-tp', 'tp_size'],
    ['-tp=2', 'tp_size'],
    ['-q', 'quantization'],
    ['-qawq', 'quantization'],
    ['-O3', 'optimization_level'],
    ['-cc.mode', 'compilation_config'],
    ['--compilation-config.mode', 'compilation_config'],
    ['--no-enable-prefix-caching', 'enable_prefix_caching'],
    ['--cuda-graph-sizes', 'cuda_graph_sizes'],
    ['--spec-tokens', 'speculative_config'],
    ['--kv-cache-memory', 'kv_cache_memory_bytes'],
    ['--trust-remote', 'trust_remote_code'],
  ])('%s points to the field %s', (flag, field) => expect(refusal(flag)).toContain(`set "${field}"`));

  it('in a short form that vLLM does not have is refused, not taken for the beginning of another', () => {
    const known = readArgparseHelp(HELP);
    for (const flag of ['-p', '-c', '-t', '-n']) {
      expect(refusal(flag, 1, 'int')).toMatch(/is no short form/);
      expect(known && flagIssues(own([{ flag, type: 'int', value: 1 }]), known)).toHaveLength(1);
    }
  });

  it('passes when it is harmless, with several values only where the flag takes them', () => {
    expect(refusal('--max-parallel-loading-workers', 2, 'int')).toBeUndefined();
    expect(refusal('--watermark', -1, 'int')).toBeUndefined();
    expect(refusal('--lora-target-modules', ['a', 'b'], 'list')).toBeUndefined();
    // A second value would stand in the place of the model.
    expect(refusal('--watermark', ['1', 'evil/model'], 'list')).toBe('--watermark takes one value');
  });

  it('cannot bring in a second flag as a value', () => {
    expect(refusal('--watermark', '--api-key')).toMatch(/cannot be a value/);
  });

  it('is checked against what the image knows, beginnings and dotted keys included', () => {
    const known = readArgparseHelp(HELP);
    const messages = (flag: string) =>
      known ? flagIssues(own([{ flag, type: 'flag' }]), known).map((i) => i.message) : [];
    expect(messages('--watermark')).toEqual([]);
    expect(messages('--waterm')).toEqual([]);
    expect(messages('--eplb-config.window_size')).toEqual([]);
    expect(messages('--temp')).toEqual([]);
    expect(messages('--swap-space')).toEqual(['--swap-space is no flag of this engine']);
    expect(messages('--enable-log-delta-s')[0]).toContain('did you mean --enable-log-deltas?');
  });
});

describe('a variable of the owner’s own', () => {
  const refused = (key: string) =>
    validateConfiguration(vllmFields, 'generate', { engine_startup_env_json: JSON.stringify([{ key, value: '1' }]) })
      .issues[0]?.message;

  it.each([
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'PYTHONPATH',
    'PYTHONSTARTUP',
    'PATH',
    'HOME',
    'VLLM_API_KEY',
    'OPENAI_API_KEY',
    'HF_TOKEN',
    'NVIDIA_VISIBLE_DEVICES',
    'VLLM_PLUGINS',
    'VLLM_LOGGING_CONFIG_PATH',
    'VLLM_CACHE_ROOT',
    'vllm_api_key',
  ])('%s is refused', (key) => expect(refused(key)).toMatch(/is not allowed/));

  it('points to the field that a variable already has', () => {
    expect(refused('HF_HUB_OFFLINE')).toContain('set "hf_offline"');
    expect(refused('VLLM_LOGGING_LEVEL')).toContain('set "debug_logging"');
    expect(refused('CUDA_LAUNCH_BLOCKING')).toContain('set "trace_mode"');
  });

  it.each(['NCCL_P2P_DISABLE', 'HF_ENDPOINT', 'VLLM_SERVER_DEV_MODE', 'VLLM_PP_LAYER_PARTITION', 'HTTPS_PROXY'])(
    '%s is free',
    (key) => expect(refused(key)).toBeUndefined(),
  );
});
