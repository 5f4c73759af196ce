import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialFacts } from '../../../../../src-main/domain/engine/initial-facts.ts';
import { levelOf, noticesOf, readLine } from '../../../../../src-main/domain/engine/llamacpp/log.ts';

const read = (lines: readonly string[]) => lines.reduce(readLine, initialFacts);

const CPU_LOG = [
  '0.00.000.437 I srv  llama_server: initializing ...',
  'warning: no usable GPU found, --gpu-layers option will be ignored',
  '0.00.060.981 I cmn  common_param:   - CPU     : AMD EPYC (24105 MiB, 24105 MiB free)',
  "0.00.063.325 I srv    load_model: loading model 'a.gguf'",
  '0.00.064.837 I load_tensors: loading model tensors, this can take a while... (load_mode = mmap)',
  '0.00.066.150 I load_tensors:   CPU_Mapped model buffer size =     0.85 MiB',
  '0.00.066.534 I llama_context: constructing llama_context',
  "0.00.069.226 I srv    load_model: initializing, n_slots = 4, n_ctx_slot = 1024, kv_unified = 'true'",
  '0.00.073.645 I srv  llama_server: listening on http://127.0.0.1:39911',
];
const GPU_LOG = [
  '0.00.060.981 I cmn  common_param:   - CUDA0   : NVIDIA H200 (143771 MiB, 143000 MiB free)',
  '0.00.060.982 I cmn  common_param:   - CPU     : AMD EPYC (24105 MiB, 24105 MiB free)',
  '0.01.000.000 I load_tensors: offloading 32 repeating layers to GPU',
  '0.01.000.000 I load_tensors: offloaded 20/33 layers to GPU',
  '0.01.000.000 I load_tensors:   CPU_Mapped model buffer size =   100.85 MiB',
  '0.01.000.000 I load_tensors:        CUDA0 model buffer size =  4000.85 MiB',
];

describe('the log of an engine', () => {
  it('tells phases, slots and that it listens', () => {
    expect(read(CPU_LOG.slice(0, 5)).phase).toBe('Loading weights');
    const facts = read(CPU_LOG);
    expect(facts).toMatchObject({
      slots: 4,
      slotContext: 1024,
      listening: true,
      fraction: 1,
      devices: ['CPU: AMD EPYC'],
    });
  });

  it('claims no GPU on the CPU', () => {
    const facts = read(CPU_LOG);
    expect(facts).toMatchObject({ backend: 'cpu', gpuLayers: null });
    expect(noticesOf(facts, 'cpu', {})).toEqual([]);
    expect(noticesOf(facts, 'cuda', {})[0]).toMatch(/runs on the CPU, although the engine has cuda/);
    expect(noticesOf(facts, 'cuda', { ngl: 0 })).toEqual([]);
  });

  it('tells the backend by where the weights lie, and how many layers fit', () => {
    const facts = read(GPU_LOG);
    expect(facts).toMatchObject({ backend: 'cuda', gpuLayers: { offloaded: 20, total: 33 } });
    expect(facts.devices[0]).toBe('CUDA0: NVIDIA H200');
    expect(noticesOf(facts, 'cuda', {})[0]).toMatch(/20 of 33 layers/);
    expect(noticesOf(facts, 'cuda', { ngl: 20 })).toEqual([]);
  });

  it('never runs backwards and never throws', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom(...CPU_LOG, ...GPU_LOG));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        let facts = initialFacts;
        for (const text of lines) {
          const next = readLine(facts, text);
          expect(next.fraction ?? 0).toBeGreaterThanOrEqual(facts.fraction ?? 0);
          facts = next;
        }
      }),
    );
  });

  it('grades lines, and does not warn of a missing GPU on every run', () => {
    expect(levelOf('0.00.046.014 E srv    load_model: failed')).toBe('error');
    expect(levelOf('0.03.050.441 W srv    operator(): unauthorized')).toBe('warning');
    expect(levelOf('error: invalid argument: --x')).toBe('error');
    expect(levelOf(CPU_LOG[1] ?? '')).toBe('info');
  });
});
