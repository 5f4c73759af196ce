import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  bestBackend,
  gpuNotices,
  judgeBackend,
} from '../../../../../src-main/core/adapters/engine-builds/backend-verdict.ts';
import { parseDevices, parseVersion } from '../../../../../src-main/core/adapters/engine-builds/engine-proof.ts';
import { findGpus } from '../../../../../src-main/core/adapters/engine-builds/gpu-presence.ts';
import { parseMissing } from '../../../../../src-main/core/adapters/engine-builds/shared-libraries.ts';

const NONE = { nvidia: false, nvidiaDriver: false, amd: false, intel: false };
const NVIDIA = { ...NONE, nvidia: true, nvidiaDriver: true };
const cpu = judgeBackend({ backend: 'cpu', missing: [], devices: [] }, NONE);

test('CUDA without its runtime names the libraries and the cure, and Vulkan is used instead', () => {
  const cuda = judgeBackend({ backend: 'cuda', missing: ['libcudart.so.13', 'libcublas.so.13'], devices: [] }, NVIDIA);
  const vulkan = judgeBackend(
    { backend: 'vulkan', missing: [], devices: [{ id: 'Vulkan0', name: 'NVIDIA GeForce RTX 3090' }] },
    NVIDIA,
  );
  expect(cuda).toMatchObject({ usable: false, problem: 'libcudart.so.13 and libcublas.so.13 are missing.' });
  expect(cuda.cure).toContain('apt install cuda-cudart-13-0 libcublas-13-0');
  expect(bestBackend([cuda, vulkan, cpu])).toBe('vulkan');
  expect(gpuNotices([cuda, vulkan, cpu], NVIDIA)).toEqual([expect.stringContaining('Until then Vulkan is used.')]);
});

test('libraries that load without a device are no GPU', () => {
  const cuda = judgeBackend({ backend: 'cuda', missing: [], devices: [] }, NVIDIA);
  expect(cuda.usable).toBe(false);
  expect(bestBackend([cuda, cpu])).toBe('cpu');
  expect(gpuNotices([cuda, cpu], NVIDIA)[0]).toContain('nvidia-smi');
});

test('a machine without a GPU is told of no missing library', () => {
  const cuda = judgeBackend({ backend: 'cuda', missing: ['libcuda.so.1'], devices: [] }, NONE);
  expect(cuda).toEqual({ backend: 'cuda', usable: false, problem: 'No NVIDIA GPU was found.', cure: null });
  expect(gpuNotices([cuda, cpu], NONE)).toEqual([]);
});

test('a GPU with an engine that has no backend for it is said so', () => {
  expect(gpuNotices([cpu], NVIDIA)[0]).toContain('runs on the CPU only');
});

test('the loader’s trace yields the missing names once each', () => {
  const trace = '\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\tlibcublas.so.13 => not found\n\tlibcublas.so.13 => not found\n';
  expect(parseMissing(trace)).toEqual(['libcublas.so.13']);
});

test.each([
  ['0.00 I srv init\nversion: 0.5.0-dev (build 1, commit 0ad4a86)\n', '0.5.0-dev'],
  ['version: 6178 (cd6983d5)\n', 'b6178'],
  ['hello', null],
])('%j is version %s', (text, version) => expect(parseVersion(text)).toBe(version));

test('devices are read with names that have brackets of their own', () => {
  const text = 'Available devices:\n  CUDA0: NVIDIA H200 (143156 MiB, 142623 MiB free)\n  Vulkan0: AMD (RADV NAVI31)\n';
  expect(parseDevices(text)).toEqual([
    { id: 'CUDA0', name: 'NVIDIA H200' },
    { id: 'Vulkan0', name: 'AMD (RADV NAVI31)' },
  ]);
});

test('an NVIDIA card without a driver is seen on the bus, and a network card is no GPU', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cortex-sys-'));
  const device = (name: string, kind: string, vendor: string) => {
    mkdirSync(join(root, 'sys/bus/pci/devices', name), { recursive: true });
    writeFileSync(join(root, 'sys/bus/pci/devices', name, 'class'), `${kind}\n`);
    writeFileSync(join(root, 'sys/bus/pci/devices', name, 'vendor'), `${vendor}\n`);
  };
  device('0', '0x030000', '0x10de');
  device('1', '0x020000', '0x8086');
  expect(await findGpus(root)).toEqual({ nvidia: true, nvidiaDriver: false, amd: false, intel: false });
  rmSync(root, { recursive: true });
});
