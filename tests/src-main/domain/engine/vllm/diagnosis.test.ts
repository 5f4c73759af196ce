import { describe, expect, it } from 'vitest';
import type { DiagnosisInput, EngineEnd } from '../../../../../src-main/domain/engine/driver.ts';
import { validateConfiguration, type FieldValues } from '../../../../../src-main/domain/engine/field-table.ts';
import { diagnoseVllm } from '../../../../../src-main/domain/engine/vllm/diagnosis.ts';
import { vllmFields } from '../../../../../src-main/domain/engine/vllm/fields.ts';
import { FAILURES, failureLines } from '../../../../fakes/vllm/failures.ts';

const END: EngineEnd = {
  exitCode: 1,
  signal: null,
  wasReady: false,
  timedOutAfterMs: null,
  spawnError: null,
  outOfMemory: false,
  removed: false,
  runtimeLost: false,
};
const machine = { logicalCores: 8, physicalCores: 4, totalMemoryBytes: 64 * 2 ** 30, backend: 'cuda' } as const;

function diagnose(
  lines: readonly string[],
  more: Partial<Omit<DiagnosisInput, 'end'>> & { end?: Partial<EngineEnd> } = {},
) {
  const { end, ...rest } = more;
  return diagnoseVllm({ runtime: 'container', gpus: 2, fields: {}, machine, lines, ...rest, end: { ...END, ...end } });
}

/** The failures of the reference by their id there, and what each must be told as. */
const CODES: Readonly<Record<string, string>> = {
  gpu_busy: 'gpu_memory_taken',
  oom_load: 'weights_too_large',
  oom_sampler: 'gpu_out_of_memory',
  oom: 'gpu_out_of_memory',
  no_kv: 'kv_cache_none',
  kv_small: 'kv_cache_too_small',
  autofit: 'context_does_not_fit',
  profiling_race: 'gpu_memory_changed',
  len_too_big: 'context_too_long',
  arch: 'architecture_unknown',
  arch_inspect: 'architecture_unknown',
  arch_removed: 'architecture_removed',
  arch_plugin: 'architecture_removed',
  transformers_old: 'architecture_unknown',
  quant_mismatch: 'quantization_mismatch',
  quant_unknown: 'quantization_unknown',
  quant_invalid: 'quantization_unknown',
  quant_cc: 'gpu_quantization',
  bf16_cc: 'gpu_number_format',
  dtype_quant: 'number_format_unsupported',
  repo: 'model_folder_invalid',
  no_config: 'model_folder_invalid',
  remote_code: 'remote_code_needed',
  weights: 'weights_missing',
  load_format: 'load_format_unknown',
  gated: 'hub_no_access',
  gated_401: 'hub_no_access',
  gated_oserror: 'hub_no_access',
  offline: 'hub_offline',
  offline_mode: 'hub_offline',
  not_cached: 'not_in_cache',
  repo_missing: 'hub_model_missing',
  network: 'network_failed',
  tokenizer: 'tokenizer_unreadable',
  tokenizer_load: 'tokenizer_unreadable',
  tp: 'gpu_heads',
  gpu_count: 'gpu_count',
  gpu_count_dp: 'gpu_count',
  gpu_count_old: 'gpu_count',
  no_gpu: 'no_gpu',
  no_gpu_torch: 'no_gpu',
  no_libcuda: 'no_gpu',
  driver_old: 'gpu_driver_too_old',
  driver_insufficient: 'gpu_driver_too_old',
  driver_ptx: 'gpu_driver_too_old',
  sm_low: 'gpu_too_old',
  sm_torch: 'gpu_too_old',
  port: 'port_in_use',
  shm: 'shared_memory_full',
  bus: 'shared_memory_full',
  nccl_shm: 'nccl_error',
  nccl_timeout: 'nccl_timeout',
  attn: 'attention_backend_unknown',
  attn_sinks: 'attention_backend_unknown',
  parser: 'parser_unknown',
  reasoning_parser: 'parser_unknown',
  args: 'invalid_argument',
  args_value: 'invalid_argument',
  module: 'module_missing',
  disk: 'disk_full',
  unknown: 'unknown',
};

describe('a failed start of vLLM', () => {
  it.each(Object.entries(CODES))('that says %s is told as %s, with its own line as the evidence', (id, code) => {
    const failure = FAILURES[id];
    const lines = failureLines(failure ?? { where: 'api', text: '' }).map((line) => line.trimEnd());
    const diagnosis = diagnose(lines, { end: { exitCode: failure?.exitCode ?? 1 } });
    expect(diagnosis.code).toBe(code);
    const told = [...(failure?.before ?? []), failure?.text ?? ''];
    expect(told.some((text) => diagnosis.evidence[0]?.includes(text.trim()))).toBe(true);
    expect(diagnosis.evidence.join('\n')).not.toMatch(/root cause above|\^\^\^\^|File "|Traceback|failed to start\./);
    expect(diagnosis.fixes.length).toBeGreaterThan(0);
    expect(diagnosis.summary).not.toMatch(/undefined|null|NaN|\{/);
  });

  it('knows every failure that the stand-in can show', () => {
    expect(
      Object.keys(FAILURES)
        .filter((id) => id !== 'host_oom')
        .toSorted(),
    ).toEqual(Object.keys(CODES).toSorted());
  });
});

/** Exact lines, what the configuration was, and the patch of the first fix. */
const PATCHES: readonly (readonly [string, FieldValues, Record<string, unknown> | null])[] = [
  [FAILURES['kv_small']?.text ?? '', { max_model_len: 32_768 }, { max_model_len: 12_288 }],
  [
    "ValueError: To serve at least one request with the models's max seq len (8192), (1.00 GiB KV cache is needed, which is larger than the available KV cache memory (0.50 GiB). Based on the available memory, the estimated maximum model length is 4096.",
    {},
    { max_model_len: 4096 },
  ],
  [FAILURES['gpu_busy']?.text ?? '', {}, { gpu_memory_utilization: 0.19 }],
  [
    'ValueError: Free memory on device (21.8/24.0 GiB) on startup is less than desired GPU memory utilization (0.92, 22.08 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.',
    {},
    { gpu_memory_utilization: 0.88 },
  ],
  [FAILURES['no_kv']?.text ?? '', { gpu_memory_utilization: 0.5 }, { gpu_memory_utilization: 0.58 }],
  [FAILURES['oom']?.text ?? '', { gpu_memory_utilization: 0.9 }, { gpu_memory_utilization: 0.83 }],
  [FAILURES['oom_sampler']?.text ?? '', { max_num_seqs: 1024 }, { max_num_seqs: 256 }],
  [FAILURES['len_too_big']?.text ?? '', { max_model_len: 131_072 }, { max_model_len: 32_768 }],
  [FAILURES['quant_mismatch']?.text ?? '', { quantization: 'awq' }, { quantization: null }],
  [FAILURES['bf16_cc']?.text ?? '', {}, { dtype: 'half' }],
  [FAILURES['tp']?.text ?? '', { tp_size: 8 }, { tp_size: 7 }],
  [
    FAILURES['gpu_count']?.text ?? '',
    { tp_size: 4 },
    { tp_size: 2, pipeline_parallel_size: null, data_parallel_size: null },
  ],
  [
    FAILURES['gpu_count_old']?.text ?? '',
    { tp_size: 4 },
    { tp_size: 2, pipeline_parallel_size: null, data_parallel_size: null },
  ],
  [FAILURES['remote_code']?.text ?? '', {}, { trust_remote_code: true }],
  [FAILURES['parser']?.text ?? '', { tool_call_parser: 'qwen3coder' }, { tool_call_parser: 'qwen3_coder' }],
  [FAILURES['attn']?.text ?? '', {}, { attention_backend: null, attention_config: null }],
  [FAILURES['shm']?.text ?? '', {}, { shm_size_gb: 16 }],
  [FAILURES['nccl_timeout']?.text ?? '', {}, { engine_startup_env_json: '[{"key":"NCCL_P2P_DISABLE","value":"1"}]' }],
  [FAILURES['offline_mode']?.text ?? '', {}, { hf_offline: false }],
  [
    'vllm: error: unrecognized arguments: --swap-space 4 --old-flag',
    {
      engine_startup_args_json:
        '[{"flag":"--swap-space","type":"int","value":4},{"flag":"--keep-this","type":"flag"},{"flag":"--old_flag","type":"flag"}]',
    },
    { engine_startup_args_json: '[{"flag":"--keep-this","type":"flag"}]' },
  ],
  ['vllm: error: unrecognized arguments: --stream-interval 4', { stream_interval: 4 }, { stream_interval: null }],
  [
    "vllm serve: error: argument --quantization/-q: invalid choice: 'x' (choose from 'awq')",
    { quantization: 'x' },
    { quantization: null },
  ],
];

describe('a fix', () => {
  it.each(PATCHES)('of %s with %o is %o', (line, fields, patch) => {
    const { fixes } = diagnose([line], { fields });
    expect(fixes[0]?.patch).toEqual(patch);
  });

  it('of a hub model that the network keeps away is never to let it ask: it asked', () => {
    const noNetwork = [FAILURES['offline']?.text ?? ''];
    const cached =
      'huggingface_hub.errors.LocalEntryNotFoundError: An error happened while trying to locate the file on the Hub and we cannot find the requested files in the local cache.';
    for (const lines of [noNetwork, [cached], [cached, ...noNetwork]]) {
      const { code, summary, fixes } = diagnose(lines, { isFromHub: true });
      expect([code, fixes.filter(({ patch }) => patch !== null)]).toEqual(['hub_unreachable', []]);
      expect(summary).toMatch(/could not reach/);
      expect(JSON.stringify(fixes)).toMatch(/proxy.*HF_ENDPOINT.*Library/);
      expect(JSON.stringify(fixes)).not.toMatch(/folder/);
    }
    const asked = diagnose(noNetwork, { fields: { hf_offline: false } });
    expect(asked).toMatchObject({ code: 'hub_unreachable' });
    expect(JSON.stringify(asked.fixes)).toMatch(/tokenizer files.*folder/);
  });

  it('of a model kept from the hub lets it ask, and copies files only where there is a folder', () => {
    for (const id of ['offline', 'offline_mode', 'not_cached']) {
      const lines = [FAILURES[id]?.text ?? ''];
      const local = diagnose(lines);
      expect(local.fixes[0]?.patch).toEqual({ hf_offline: false });
      expect(JSON.stringify(local.fixes)).toMatch(/folder/);
      const fromHub = diagnose(lines, { isFromHub: true, fields: { hf_offline: true } });
      expect(fromHub.fixes[0]?.patch).toEqual({ hf_offline: false });
      expect(JSON.stringify(fromHub.fixes)).not.toMatch(/folder/);
    }
    const byImage = diagnose([FAILURES['offline_mode']?.text ?? ''], { isFromHub: true });
    expect(byImage.code).toBe('hub_offline');
  });

  it('of a context that is too long names each way once', () => {
    const patches = (text: string) => diagnose([text]).fixes.map(({ patch }) => patch);
    const allow = { allow_long_max_model_len: true };
    const line = FAILURES['len_too_big']?.text ?? '';
    expect(patches(line)).toEqual([{ max_model_len: 32_768 }, allow]);
    expect(patches(line.replaceAll('32768.0', 'None'))).toEqual([{ max_model_len: null }, allow]);
  });

  it('is always a configuration that the table takes', () => {
    const fields: FieldValues = {
      max_model_len: 32_768,
      tp_size: 4,
      max_num_seqs: 512,
      enable_auto_tool_choice: true,
      tool_call_parser: 'hermes',
      quantization: 'awq',
      cuda_graph_sizes: ['1', '2'],
    };
    for (const failure of Object.values(FAILURES)) {
      for (const { patch } of diagnose([failure.text], { fields }).fixes) {
        const { issues } = validateConfiguration(vllmFields, 'generate', { ...fields, ...patch });
        expect([failure.text, patch, issues]).toEqual([failure.text, patch, []]);
      }
    }
  });
});

describe('a fix for a memory that is too small', () => {
  const cacheLine = (needed: number, left: number, most: number) =>
    `ValueError: To serve at least one request with the model's max seq len (32768), (${needed} GiB KV cache is needed, which is larger than the available KV cache memory (${left} GiB). Based on the available memory, the estimated maximum model length is ${most}.`;
  const free = (gib: number) =>
    `INFO 11-23 10:00:00 [utils.py:9] Free memory on device (${gib}/24.00 GiB) on startup. Desired GPU memory utilization is (0.8, 19.20 GiB).`;
  const patches = (lines: readonly string[], fields: FieldValues = {}, gpus = 1) =>
    diagnose(lines, { fields, gpus })
      .fixes.map(({ patch }) => patch)
      .filter((patch) => patch !== null);

  it('of half a cache is offered only where half is enough', () => {
    expect(patches([cacheLine(4, 0.25, 2048)])).toEqual([{ max_model_len: 2048 }]);
    expect(patches([cacheLine(4, 2.5, 20_480)])).toEqual([{ max_model_len: 20_480 }, { kv_cache_dtype: 'fp8' }]);
    expect(patches([cacheLine(4, 2.5, 20_480)], { kv_cache_dtype: 'fp8' })).toEqual([{ max_model_len: 20_480 }]);
  });

  it('of a larger share is as large as its numbers say, and offered only where the GPU has it free', () => {
    const fields = { gpu_memory_utilization: 0.8 };
    expect(patches([free(23.5), cacheLine(4, 2.8, 20_480)], fields)[1]).toEqual({ gpu_memory_utilization: 0.87 });
    expect(patches([free(20), cacheLine(4, 2.8, 20_480)], fields)).not.toContainEqual({ gpu_memory_utilization: 0.87 });
    const none = 'ValueError: No available memory for the cache blocks. Try increasing';
    const missing = 'INFO 11-23 10:00:00 [gpu_worker.py:9] Available KV cache memory: -6.10 GiB';
    expect(patches([free(23.5), missing, none], fields)).toEqual([{ enforce_eager: true, cuda_graph_sizes: null }]);
  });

  it('of more GPUs is offered only where each then has enough', () => {
    const spread = { tp_size: 2, pipeline_parallel_size: null, data_parallel_size: null };
    expect(patches([cacheLine(4, 1.5, 12_288)], {}, 2)).not.toContainEqual(spread);
    const weights = 'INFO 11-23 10:00:00 [gpu_model_runner.py:9] Model loading took 15.27 GiB memory and 8.1 seconds';
    expect(patches([weights, cacheLine(4, 1.5, 12_288)], {}, 2)).toContainEqual(spread);
  });

  it('of a failed allocation gives back what was missing, and nothing while only the weights were loaded', () => {
    const failed =
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 4.00 GiB. GPU 0 has a total capacity of 24.00 GiB of which 1.00 GiB is free.';
    const made = 'INFO 11-23 10:00:00 [kv.py:9] GPU KV cache size: 100,000 tokens';
    expect(patches([made, failed], { gpu_memory_utilization: 0.9 })[0]).toEqual({ gpu_memory_utilization: 0.75 });
    const loading = 'INFO 11-23 10:00:00 [gpu_model_runner.py:9] Starting to load model /models/a...';
    expect(patches([loading, failed])).toEqual([{ cpu_offload_gb: 8 }]);
  });
});

describe('the cause', () => {
  const GENERIC = [
    '(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
    '(EngineCore pid=2) ERROR 11-23 10:00:00 [core.py:1346] EngineCore failed to start.',
    '(EngineCore pid=2) ERROR 11-23 10:00:00 [core.py:1348] EngineCore encountered a fatal error.',
    'vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.',
    '(EngineCore pid=2) ERROR 11-23 10:00:00 [multiproc_executor.py:312] Worker proc VllmWorker-1 died unexpectedly, shutting down executor.',
  ];

  it('is never a general line where a specific one stands anywhere', () => {
    for (const [id, failure] of Object.entries(FAILURES)) {
      if (failure.text === '' || id === 'unknown') continue;
      expect(diagnose([...GENERIC, ...(failure.before ?? []), failure.text, ...GENERIC]).code).toBe(CODES[id]);
    }
  });

  it('is unknown where only general lines stand, and the exception is told first', () => {
    const { code, evidence } = diagnose([
      ...GENERIC,
      '(EngineCore pid=2) ERROR 11-23 10:00:00 [core.py:1346] Traceback (most recent call last):',
      '(EngineCore pid=2) ERROR 11-23 10:00:00 [core.py:1346]   File "/a.py", line 3, in f',
      '(EngineCore pid=2) ERROR 11-23 10:00:00 [core.py:1346] ZeroDivisionError: division by zero',
      ...GENERIC,
    ]);
    expect(code).toBe('unknown');
    expect(evidence[0]).toMatch(/ZeroDivisionError: division by zero$/);
    expect(evidence).toHaveLength(1);
  });

  it('is found through colours, and in a bar that overwrote its line', () => {
    expect(diagnose(['\u001B[31mValueError: \u001B[0mNo available memory for the cache blocks.']).code).toBe(
      'kv_cache_none',
    );
    expect(diagnose(['Loading:  10%\rNo available memory for the cache blocks. Try']).code).toBe('kv_cache_none');
  });

  it('is not what an engine says of itself while all is well', () => {
    const info =
      '(APIServer pid=1) INFO 11-23 10:00:00 [config.py:9] HF_HUB_OFFLINE is True, replace model_id [a] to model_path [/a]';
    const args =
      "(APIServer pid=1) INFO 11-23 10:00:00 [utils.py:233] non-default args: {'model': '/m/CUDA out of memory'}";
    expect(diagnose([info, args]).code).toBe('unknown');
    expect(diagnose([info, args, 'ValueError: No available memory for the cache blocks.']).code).toBe('kv_cache_none');
  });

  it('of a crash while it serves is the error of the GPU, not that the engine is dead', () => {
    const lines = [
      '(EngineCore pid=2) ERROR 11-23 10:00:00 [core.py:1348] EngineCore encountered a fatal error.',
      '(EngineCore pid=2) ERROR 11-23 10:00:00 [core.py:1348] torch.AcceleratorError: CUDA error: an illegal memory access was encountered',
      'vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.',
    ];
    expect(diagnose(lines, { end: { wasReady: true } })).toMatchObject({
      code: 'cuda_error',
      summary: 'The NVIDIA driver reported an error: an illegal memory access was encountered.',
    });
  });

  it('is not the line that only sums up the memory of a good start', () => {
    const summary =
      'Free memory on device (23.10/24.00 GiB) on startup. Desired GPU memory utilization is (0.92, 22.08 GiB). Actual usage is 3.60 GiB';
    expect(diagnose([summary]).code).toBe('unknown');
  });

  it('is not a notice of an engine that lives: those explain a log, never an end', () => {
    const notices = [
      ['As of transformers v4.44, default chat template is no longer allowed', 'chat_template_missing'],
      ['No available shared memory broadcast block found in 60 seconds.', 'slow_start'],
      ['With `vllm serve`, the `--model` option is deprecated and will be removed in v0.13', 'flag_deprecated'],
    ] as const;
    for (const [line, code] of notices) {
      expect(diagnose([line]).code).toBe('unknown');
      expect(diagnose([line], { end: { exitCode: null } }).code).toBe(code);
    }
  });
});
