import { describe, expect, it } from 'vitest';
import type { EngineEnd } from '../../../../../src-main/domain/engine/driver.ts';
import { diagnoseLlamacpp } from '../../../../../src-main/domain/engine/llamacpp/diagnosis.ts';
import { llamacppFields } from '../../../../../src-main/domain/engine/llamacpp/fields.ts';
import { validateConfiguration, type FieldValues } from '../../../../../src-main/domain/engine/field-table.ts';

const machine = { logicalCores: 4, physicalCores: 2, totalMemoryBytes: 8 * 2 ** 30, backend: 'cuda' } as const;
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

const diagnose = (lines: readonly string[], end: Partial<EngineEnd> = {}, fields: FieldValues = {}) =>
  diagnoseLlamacpp({ runtime: 'process', gpus: 1, end: { ...END, ...end }, lines, fields, machine });

const FAILED_LOAD = [
  "0.00.046.005 I srv    load_model: loading model 'x.gguf'",
  'DECISIVE',
  '0.00.046.006 E llama_model_load_from_file_impl: failed to load model',
  '0.00.046.507 E srv  llama_server: exiting due to model loading error',
];
const failedBy = (line: string) => FAILED_LOAD.map((other) => (other === 'DECISIVE' ? line : other));

describe('a failed start', () => {
  it.each([
    ["0.00.045.862 E gguf_init_from_reader: invalid magic characters: 'not ', expected 'GGUF'", 'not_a_gguf'],
    ['0.00.024.543 E gguf_init_from_reader: failed to read key-value pairs', 'file_header_truncated'],
    ['0.00.024.543 E gguf_init_from_reader: failed to read tensor info', 'file_header_truncated'],
    [
      "0.00.023.664 E llama_model_load: error loading model: tensor 'output.weight' data is not within the file bounds, model is corrupted or incomplete",
      'file_data_truncated',
    ],
    [
      '0.00.017.441 E gguf_init_from_reader: this GGUF file is version 4 but this software only supports up to version 3',
      'gguf_version_unsupported',
    ],
    [
      '0.00.017.771 E gguf_init_from_reader: failed to load model: this GGUF file version 50331648 is extremely large, is there a mismatch between the host and model endianness?',
      'gguf_version_unsupported',
    ],
    [
      "0.00.017.525 E llama_model_load: error loading model: unknown model architecture: 'zlama'",
      'architecture_unknown',
    ],
    [
      "0.00.018.667 E gguf_init_from_file: failed to open GGUF file 'missing.gguf' (No such file or directory)",
      'file_missing',
    ],
    ['llama-server: error while loading shared libraries: libllama.v0.5.0.so: file too short', 'engine_broken'],
    ['llama-server: symbol lookup error: libllama-common.so: undefined symbol: llama_x', 'engine_broken'],
    ["0.00.016.581 E srv start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 39912", 'port_in_use'],
    [
      '0.00.018.517 E llama_init_from_model: quantized V cache requires flash_attn to be enabled',
      'flash_attention_required',
    ],
    ['K cache type q4_0 with block size 32 does not divide n_embd_head_k=', 'kv_cache_type_unsupported'],
    ['error while handling argument "-ctv": Unsupported cache type: q9', 'kv_cache_type_unsupported'],
    ['error: invalid argument: --nope', 'invalid_argument'],
    ['error while handling argument "-dev": invalid device: CUDA0', 'device_unavailable'],
    ['error while handling argument "-c": stoi', 'invalid_argument'],
    [
      'E ggml_backend_cuda_buffer_type_alloc_buffer: allocating 8192.00 MiB on device 0: cudaMalloc failed: out of memory',
      'gpu_out_of_memory',
    ],
    ['E llama_kv_cache: failed to allocate buffer for kv cache', 'host_out_of_memory'],
    [
      '0.04.737.600 E ggml_aligned_malloc: insufficient memory (attempted to allocate 4884.89 MB)',
      'host_out_of_memory',
    ],
    [
      'llama-server: error while loading shared libraries: libllama.so: cannot open shared object file: No such file',
      'library_missing',
    ],
    ["0.00.038.323 E srv    load_model: failed to load draft model, 'text.gguf'", 'draft_model_failed'],
    ["0.00.024.355 E srv    load_model: failed to load multimodal model, 'text.gguf'", 'projector_failed'],
    ['error: the supplied chat template is not supported: GGUF', 'chat_template_invalid'],
    ["0.00.018.538 E srv    load_model: failed to create_context with model 'x.gguf'", 'context_creation_failed'],
  ])('%s is told as %s', (line, code) => {
    const diagnosis = diagnose(failedBy(line));
    expect(diagnosis.code).toBe(code);
    expect(diagnosis.evidence[0]).toBe(line);
    expect(diagnosis.fixes.length).toBeGreaterThan(0);
  });

  it('blames the draft model, not the model, for the draft model’s broken file', () => {
    const lines = [
      "0.00.038.172 E gguf_init_from_reader: invalid magic characters: 'not ', expected 'GGUF'",
      "0.00.038.323 E srv    load_model: failed to load draft model, 'text.gguf'",
    ];
    expect(diagnose(lines).code).toBe('draft_model_failed');
  });

  it('because of its grammar file loses that one by one click; a client’s bad grammar is no cause', () => {
    const lines = [
      'parse: error parsing grammar: unexpected end of input',
      '0.00.031.932 E failed to parse grammar',
      "terminate called after throwing an instance of 'std::runtime_error'",
    ];
    const end = { exitCode: null, signal: 'SIGABRT' };
    const { code, summary, fixes } = diagnose(lines, end, { grammar_file: 'a.gbnf' });
    expect(code).toBe('grammar_invalid');
    expect(summary).toContain('a.gbnf');
    expect(fixes[0]?.patch).toEqual({ grammar_file: null });
    expect(diagnose(lines, end).code).toBe('crashed');
  });

  it('for want of room for the weights offers no smaller context: it comes after them', () => {
    const lines = [
      'E ggml_backend_cuda_buffer_type_alloc_buffer: allocating 8192.00 MiB on device 0: cudaMalloc failed: out of memory',
      'E llama_model_load: error loading model: unable to allocate CUDA0 buffer',
    ];
    const fixes = (fields: FieldValues) => diagnose(lines, {}, fields).fixes.map(({ patch }) => patch);
    expect(fixes({ ngl: 99, context_size: 32_768 })).toEqual([{ ngl: null }, null]);
    expect(fixes({ fit: false })).toEqual([{ ngl: null, fit: null }, null]);
    expect(fixes({})).toEqual([null]);
    expect(diagnose(lines.slice(0, 1), {}, { context_size: 32_768 }).fixes[0]?.patch).toEqual({ context_size: 16_384 });
  });

  it('gives only fixes that the field table accepts', () => {
    for (const line of [
      'cudaMalloc failed: out of memory',
      'std::bad_alloc',
      'quantized V cache requires flash_attn to be enabled',
      'Unsupported cache type: q9',
      'failed to initialize chat template',
      "failed to load draft model, 'd'",
    ]) {
      const fields = { context_size: 100_000, ngl: 40, parallel_slots: 8, load_mode: 'mlock' };
      for (const { patch } of diagnose([line], {}, fields).fixes) {
        expect(validateConfiguration(llamacppFields, 'generate', { ...fields, ...patch }).issues).toEqual([]);
      }
    }
  });

  it('tells a kill, a crash, a time-out and an unknown end apart', () => {
    expect(diagnose([], { exitCode: null, signal: 'SIGKILL', wasReady: true }).code).toBe('killed');
    expect(diagnose([], { exitCode: null, signal: 'SIGSEGV' }).code).toBe('crashed');
    expect(diagnose([], { exitCode: null, signal: 'SIGILL' }).code).toBe('illegal_instruction');
    expect(diagnose([], { signal: 'SIGKILL', timedOutAfterMs: 5000 }).fixes[0]?.patch).toEqual({
      startup_timeout_sec: 15,
    });
    const unknown = diagnose(['one', 'two'], { exitCode: 7 });
    expect(unknown.code).toBe('unknown');
    expect(unknown.evidence).toEqual(['one', 'two']);
    expect(unknown.summary).toContain('exit code 7');
    expect(diagnose([], { spawnError: 'EACCES' }).code).toBe('engine_not_startable');
  });
});
