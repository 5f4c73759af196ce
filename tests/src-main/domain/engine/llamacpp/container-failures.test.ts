import { describe, expect, it } from 'vitest';
import type { DiagnosisInput, EngineEnd } from '../../../../../src-main/domain/engine/driver.ts';
import { diagnoseLlamacpp } from '../../../../../src-main/domain/engine/llamacpp/diagnosis.ts';

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
const diagnose = (lines: readonly string[], more: Partial<DiagnosisInput> = {}) =>
  diagnoseLlamacpp({ runtime: 'container', gpus: 0, fields: {}, machine, lines, end: END, ...more });

const LIBCUDA =
  '/app/llama-server: error while loading shared libraries: libcuda.so.1: cannot open shared object file: No such file or directory';

describe('a llama.cpp in a container', () => {
  it('that got no GPU although its image computes on one is given them by one click', () => {
    const { code, summary, fixes } = diagnose([LIBCUDA], { fields: { device: 'cpu' }, end: { ...END, exitCode: 127 } });
    expect(code).toBe('gpu_not_given');
    expect(summary).toContain('its container was given none');
    expect(fixes[0]?.patch).toEqual({ device: null, ngl: null });
    expect(diagnose([LIBCUDA], { runtime: 'process' }).summary).toContain('no NVIDIA driver');
  });

  it.each([
    ['ggml_cuda_init: CUDA error: CUDA driver version is insufficient for CUDA runtime version', 'gpu_driver_too_old'],
    ['CUDA error: no kernel image is available for execution on the device', 'gpu_too_old'],
    ['nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8', 'gpu_driver_too_old'],
    ['E failed to load lora adapter', 'adapter_failed'],
    ["E common_init: failed to apply lora adapter '/companions/0/a.gguf'", 'adapter_failed'],
    ['E common_download_file: download failed: https://huggingface.co/x (status: 404)', 'download_failed'],
    ['E required file is not available in cache (offline mode): x.gguf', 'download_failed'],
    ['E encountered an error while trying to fit params to free device memory: x', 'fit_failed'],
    [
      'error while handling argument "--draft-max": the argument has been removed. use --spec-draft-n-max',
      'invalid_argument',
    ],
    [
      'E llama_model_load: error loading model: illegal split file idx: 1 (file: b.gguf), model must be loaded with the first split',
      'split_part_missing',
    ],
    ['E gguf_init: GGUFv1 is no longer supported. please use a more up-to-date version', 'gguf_version_unsupported'],
    ["E llama_model_load: error loading model: missing tensor 'output.weight'", 'tensors_mismatch'],
    ['E llama_kv_cache: failed to allocate buffer for kv cache', 'host_out_of_memory'],
  ])('that says %s is told as %s', (line, code) => {
    const diagnosis = diagnose([line, 'E srv  llama_server: exiting due to model loading error']);
    expect(diagnosis.code).toBe(code);
    expect(diagnosis.evidence[0]).toBe(line);
    expect(diagnosis.summary).not.toMatch(/undefined/);
  });

  it('that was refused one of the owner’s flags loses that one and no other', () => {
    const own = '[{"flag":"--keep","type":"int","value":4},{"flag":"--nope","type":"flag"}]';
    const { fixes } = diagnose(['error: invalid argument: --nope'], { fields: { engine_startup_args_json: own } });
    expect(fixes).toEqual([
      {
        title: 'Start without --nope',
        patch: { engine_startup_args_json: '[{"flag":"--keep","type":"int","value":4}]' },
      },
    ]);
  });

  it('is not said to lack memory for an allocation that was then done another way', () => {
    const lines = [
      'E ggml_gallocr_reserve_n: failed to allocate CUDA0 buffer of size 500000000',
      'W sched_reserve: compute buffer allocation failed, retrying without pipeline parallelism',
      "E srv start: couldn't bind HTTP server socket, hostname: 0.0.0.0, port: 8080",
    ];
    expect(diagnose(lines).code).toBe('port_in_use');
    expect(diagnose([lines[0] ?? '']).code).toBe('gpu_out_of_memory');
  });

  it('is not ended by what only makes it slower', () => {
    const harmless = [
      ['ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected', 'gpu_not_usable'],
      [
        'warning: failed to mlock 4096-byte buffer (after previously locking 0 bytes): RLIMIT_MEMLOCK',
        'memory_lock_refused',
      ],
      [
        'W the slot context (8192) exceeds the training context of the model (2048) - capping',
        'context_beyond_training',
      ],
    ] as const;
    for (const [line, code] of harmless) {
      expect(diagnose([line]).code).toBe('unknown');
      expect(diagnose([line], { end: { ...END, exitCode: null } }).code).toBe(code);
    }
  });
});
