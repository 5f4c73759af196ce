import { describe, expect, it } from 'vitest';
import type { DiagnosisInput, EngineEnd } from '../../../../src-main/domain/engine/driver.ts';
import { validateConfiguration } from '../../../../src-main/domain/engine/field-table.ts';
import { driverOf } from '../../../../src-main/domain/engine/registry.ts';

const END: EngineEnd = {
  exitCode: null,
  signal: null,
  wasReady: false,
  timedOutAfterMs: null,
  spawnError: null,
  outOfMemory: false,
  removed: false,
  runtimeLost: false,
};
const machine = { logicalCores: 8, physicalCores: 4, totalMemoryBytes: 64 * 2 ** 30, backend: 'cuda' } as const;

type More = Partial<Omit<DiagnosisInput, 'end'>>;
function diagnose(end: Partial<EngineEnd>, more: More = {}) {
  const input = {
    runtime: 'container',
    gpus: 1,
    fields: {},
    machine,
    lines: [],
    ...more,
    end: { ...END, ...end },
  } as const;
  const both = (['vllm', 'llamacpp'] as const).map((engine) => driverOf(engine).diagnose(input));
  // What fails outside an engine is told the same for both.
  expect(both[0]?.code).toBe(both[1]?.code);
  for (const [index, engine] of (['vllm', 'llamacpp'] as const).entries()) {
    for (const { patch } of both[index]?.fixes ?? []) {
      expect(validateConfiguration(driverOf(engine).table, 'generate', { ...patch }).issues).toEqual([]);
    }
  }
  return both[0] ?? { code: '', summary: '', fixes: [], evidence: [] };
}

describe('a container that could not be started', () => {
  it.each([
    ['could not select device driver "" with capabilities: [[gpu]]', 'gpu_toolkit_missing'],
    ['Error response from daemon: unknown or invalid runtime name: nvidia', 'gpu_toolkit_missing'],
    ['CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=3', 'gpu_unknown'],
    ['OCI runtime create failed: nvidia-container-cli: device error: GPU-abc: unknown device: unknown', 'gpu_unknown'],
    ['nvidia-container-cli: initialization error: nvml error: driver not loaded', 'gpu_driver_not_loaded'],
    [
      'nvidia-container-cli: requirement error: unsatisfied condition: cuda>=13.0, please update your driver to a newer version',
      'gpu_driver_too_old',
    ],
    [
      'driver failed programming external connectivity on endpoint x: Bind for 127.0.0.1:8000 failed: port is already allocated',
      'port_in_use',
    ],
    ['invalid mount config for type "bind": bind source path does not exist: /models/a', 'mount_missing'],
    ['Mounts denied: The path /models is not shared from the host', 'mount_refused'],
    ['No such image: vllm/vllm-openai:v9', 'image_missing'],
    ['pull access denied for vllm/none, repository does not exist', 'image_missing'],
    ['exec /usr/bin/vllm: exec format error', 'image_wrong_architecture'],
    ['no matching manifest for linux/arm64/v8 in the manifest list entries', 'image_wrong_architecture'],
    ['write /var/lib/docker/tmp/x: no space left on device', 'disk_full'],
    ['Conflict. The container name "/cortex-1" is already in use by container "abc".', 'container_name_taken'],
    ['OCI runtime create failed: exec: "vlm": executable file not found in $PATH: unknown', 'program_missing'],
    ['OCI runtime create failed: exec: "/models/x": permission denied: unknown', 'program_not_executable'],
    ['Minimum memory limit allowed is 6MB', 'memory_limit_invalid'],
    ['connect ECONNREFUSED /var/run/docker.sock', 'containers_unreachable'],
    ['something never seen', 'container_not_startable'],
  ])('because of "%s" is told as %s', (spawnError, code) => {
    const diagnosis = diagnose({ spawnError });
    expect(diagnosis.code).toBe(code);
    expect(diagnosis.evidence[0]).toBe(spawnError);
    expect(diagnosis.summary).not.toMatch(/undefined/);
    expect(diagnosis.fixes.length).toBeGreaterThan(0);
  });

  it('names the driver that an image needs, with the numbers', () => {
    const { summary, fixes } = diagnose({ spawnError: 'unsatisfied condition: cuda>=12.9' });
    expect(summary).toContain('CUDA 12.9');
    expect(fixes[0]?.title).toContain('575 or newer');
  });

  it('is given all GPUs by one click where the chosen one is unknown', () => {
    expect(diagnose({ spawnError: 'unresolvable CDI devices nvidia.com/gpu=3' }).fixes[0]?.patch).toEqual({
      selected_gpus: null,
    });
  });
});

describe('a container that ended', () => {
  it('by the kernel is told with its limit, and given more by one click', () => {
    const { code, summary, fixes } = diagnose({ exitCode: 137, outOfMemory: true }, { fields: { memory_limit_gb: 4 } });
    expect(code).toBe('host_out_of_memory');
    expect(summary).toContain('4 GiB');
    expect(fixes[0]?.patch).toEqual({ memory_limit_gb: 8 });
  });

  it('behind our back is told so, whatever its log says', () => {
    const lines = ['CUDA out of memory. Tried to allocate 1.00 GiB'];
    expect(diagnose({ removed: true, wasReady: true }, { lines }).code).toBe('container_removed');
  });

  it.each([
    [{ exitCode: 137 }, 'killed'],
    [{ exitCode: 139 }, 'crashed'],
    [{ exitCode: 132 }, 'illegal_instruction'],
    [{ exitCode: 143 }, 'terminated'],
    [{ signal: 'SIGKILL' }, 'killed'],
    [{ exitCode: 125 }, 'container_not_startable'],
    [{ exitCode: 126 }, 'program_not_executable'],
    [{ exitCode: 127 }, 'program_missing'],
    [{ exitCode: 1 }, 'unknown'],
    [{ timedOutAfterMs: 600_000, signal: 'SIGTERM' }, 'start_timeout'],
  ])('with %o and an empty log is told as %s', (end, code) => expect(diagnose(end).code).toBe(code));

  it.each([
    [{ exitCode: 0 }],
    [{ exitCode: null }],
    [{ exitCode: 137 }],
    [{ exitCode: 143 }],
    [{ exitCode: 255 }],
    [{ signal: 'SIGKILL' }],
  ])('with Docker itself (%o) is told so, and started again by itself after one click', (end) => {
    const { code, summary, fixes } = diagnose({ ...end, runtimeLost: true, wasReady: true });
    expect(code).toBe('docker_restarted');
    expect(summary).toMatch(/Docker.*restarted while it was running/);
    expect(fixes.map(({ patch }) => patch)).toEqual([null, { restart_policy: 'on_failure' }]);
  });

  it('with Docker, but of itself, keeps its own reason; one whose end Docker missed is told so', () => {
    const lines = ['nvidia-container-cli: initialization error'];
    expect(diagnose({ exitCode: 1, runtimeLost: true }, { lines }).code).toBe('gpu_driver_not_loaded');
    expect(diagnose({ exitCode: 139, runtimeLost: true }).code).toBe('crashed');
    expect(diagnose({ exitCode: 255 }).code).toBe('docker_restarted');
    const fields = { restart_policy: 'on_failure' };
    expect(diagnose({ exitCode: 255 }, { fields }).fixes.map(({ patch }) => patch)).toEqual([null]);
  });

  it('because it was asked to is no fault of its own', () => {
    for (const end of [{ exitCode: 0 }, { exitCode: 143 }, { signal: 'SIGTERM' }]) {
      const { code, summary, fixes } = diagnose({ ...end, wasReady: true });
      expect(code).toBe('terminated');
      expect(summary).toMatch(/^Something outside asked the engine to end while it was running/);
      expect(fixes).toEqual([{ title: 'Start it again', patch: null }]);
    }
    // One that ends before it ever served was not asked to.
    expect(diagnose({ exitCode: 0 }).code).toBe('unknown');
    const lines = ['RuntimeError: something broke', 'error: something broke'];
    expect(diagnose({ exitCode: 0, wasReady: true }, { lines }).code).toBe('unknown');
  });

  it.each([
    [{ removed: true, wasReady: true }],
    [{ exitCode: 143, wasReady: true }],
    [{ exitCode: 137, wasReady: true }],
    [{ exitCode: 255, runtimeLost: true, wasReady: true }],
  ])('by others (%o) shows no line of its log as the reason', (end) => {
    expect(diagnose(end, { lines: ['INFO: POST /v1/chat/completions 200', 'INFO: Shutting down'] }).evidence).toEqual(
      [],
    );
  });

  it('by force is not blamed on its memory, and offers no smaller context for one click', () => {
    const { code, summary, fixes } = diagnose({ exitCode: 137, wasReady: true });
    expect(code).toBe('killed');
    expect(summary).toMatch(/^Something outside ended the container by force while it was running/);
    expect(fixes.every(({ patch }) => patch === null)).toBe(true);
    expect(summary).toMatch(/memory/);
    const limited = diagnose({ exitCode: 137, wasReady: true }, { fields: { memory_limit_gb: 4 } });
    expect(limited.summary).not.toMatch(/memory/);
    expect(diagnose({ exitCode: 137 }, { runtime: 'process' }).summary).toMatch(/most often the operating system/);
  });

  it.each([
    ['llamacpp', '0.00.023.828 I srv  llama_server: listening on http://0.0.0.0:8000'],
    ['vllm', '(APIServer pid=1) INFO:     Application startup complete.'],
  ] as const)('while this program was away was running where the log of %s says that it served', (engine, line) => {
    const input = { runtime: 'container', gpus: 1, fields: {}, machine, lines: [line] } as const;
    const { diagnose: judge } = driverOf(engine);
    expect(judge({ ...input, end: { ...END, exitCode: 137 } }).summary).toContain('while it was running');
    expect(judge({ ...input, end: { ...END, exitCode: 0 } }).code).toBe('terminated');
    expect(judge({ ...input, lines: [], end: { ...END, exitCode: 137 } }).summary).toContain('while it was loading');
  });

  it('asks for no longer start than the table takes', () => {
    const { fixes } = diagnose({ timedOutAfterMs: 80_000_000 });
    expect(fixes[0]?.patch).toEqual({ startup_timeout_sec: 86_400 });
  });

  it('because the driver was updated under it is told to restart the machine', () => {
    const lines = ['Failed to initialize NVML: Driver/library version mismatch'];
    expect(diagnose({ exitCode: 1 }, { lines }).code).toBe('gpu_driver_mismatch');
  });
});

describe('an image of the other engine', () => {
  const told = (engine: 'vllm' | 'llamacpp', lines: readonly string[], fields = {}) =>
    driverOf(engine).diagnose({
      runtime: 'container',
      gpus: 1,
      fields,
      machine,
      lines,
      end: { ...END, exitCode: engine === 'vllm' ? 1 : 2 },
    });
  const VLLM_SAYS = [
    'usage: vllm serve [model_tag] [options]',
    'vllm: error: unrecognized arguments: -m /models/a.gguf',
  ];
  const LLAMACPP_SAYS = [
    'to show complete usage, run with -h',
    '0.00.000.254 I srv  llama_server: initializing ...',
    'error: invalid argument: --served-model-name',
  ];

  it('is named, and the usual one taken by one click', () => {
    expect(told('llamacpp', VLLM_SAYS)).toMatchObject({
      code: 'wrong_engine',
      summary: 'This image runs vLLM, not llama.cpp.',
    });
    const { code, summary, fixes } = told('vllm', LLAMACPP_SAYS);
    expect([code, summary]).toEqual(['wrong_engine', 'This image runs llama.cpp, not vLLM.']);
    expect(fixes[0]).toEqual({ title: 'Take the usual image', patch: { engine_image: null } });
  });

  it('may be one whose entrypoint was overridden: that goes too', () => {
    const { fixes } = told('llamacpp', VLLM_SAYS, { entrypoint_override: ['vllm', 'serve'] });
    expect(fixes[0]?.patch).toEqual({ engine_image: null, entrypoint_override: null });
  });

  it('is not claimed of the right one that refuses a flag', () => {
    expect(told('vllm', VLLM_SAYS).code).toBe('invalid_argument');
    expect(told('llamacpp', LLAMACPP_SAYS).code).toBe('invalid_argument');
  });
});
