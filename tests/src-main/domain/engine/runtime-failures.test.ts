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

  it('asks for no longer start than the table takes', () => {
    const { fixes } = diagnose({ timedOutAfterMs: 80_000_000 });
    expect(fixes[0]?.patch).toEqual({ startup_timeout_sec: 86_400 });
  });

  it('because the driver was updated under it is told to restart the machine', () => {
    const lines = ['Failed to initialize NVML: Driver/library version mismatch'];
    expect(diagnose({ exitCode: 1 }, { lines }).code).toBe('gpu_driver_mismatch');
  });
});
