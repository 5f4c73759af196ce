import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import type { EngineBuild } from '../../../../../src-main/contract/engines.ts';
import { SystemCheck } from '../../../../../src-main/contract/system.ts';
import { judgeSystem } from '../../../../../src-main/core/services/system/judge-system.ts';
import type { SystemFacts } from '../../../../../src-main/core/services/system/system-facts.ts';
import { System } from '../../../../../src-main/core/services/system/system.ts';

const NONE = { nvidia: false, nvidiaDriver: false, amd: false, intel: false };
const NVIDIA = { ...NONE, nvidia: true, nvidiaDriver: true };
const BUILD: EngineBuild = {
  id: 'carried-v0.5.0',
  engine_type: 'llamacpp',
  version: 'v0.5.0',
  source: 'carried',
  backend: 'cpu',
  backends: [{ backend: 'cpu', usable: true, problem: null, cure: null }],
  digest: '00',
  size_bytes: 1,
  path: '/x',
  is_default: true,
  status: 'ready',
  problem: null,
  installed_at: 0,
};
const GOOD: SystemFacts = {
  platform: 'linux',
  compiler: { kind: 'there', words: 'g++ (Debian 12.2.0) 12.2.0' },
  git: { kind: 'there', words: 'git version 2.39.5' },
  builds: [BUILD],
  gpus: NONE,
  missingLibraries: {},
  docker: {
    problem: 'not_installed',
    detail: 'No container engine is installed.',
    cure: 'Install one.',
    gpu: { status: 'unknown', method: null, detail: '', cure: null },
  },
  disks: [{ what: 'data', path: '/data', freeBytes: 100 * 1024 ** 3 }],
  listening: { host: '127.0.0.1', port: 8084 },
};

function line(id: string, facts: Partial<SystemFacts>) {
  return judgeSystem({ ...GOOD, ...facts }).find((item) => item.id === id);
}

test('a machine without a GPU and without Docker has nothing to mend', () => {
  expect(judgeSystem(GOOD).filter(({ status }) => status !== 'ok' && status !== 'info')).toEqual([]);
  expect(judgeSystem(GOOD).every(({ cure }) => cure === null)).toBe(true);
});

test('a missing compiler matters only as long as there is no engine', () => {
  expect(line('compiler', { compiler: { kind: 'missing' } })).toMatchObject({ status: 'info', cure: null });
  expect(line('compiler', { compiler: { kind: 'missing' }, builds: [] })).toMatchObject({
    status: 'warning',
    cure: expect.stringContaining('apt install g++'),
  });
});

test('no engine and a broken one are told apart', () => {
  expect(line('engine', { builds: [] })).toMatchObject({ status: 'warning' });
  const broken: EngineBuild = { ...BUILD, status: 'broken', problem: 'It is gone.' };
  expect(line('engine', { builds: [broken] })).toMatchObject({ status: 'failed', detail: 'It is gone.' });
});

test('CUDA’s missing libraries are named before there is an engine, and Vulkan’s are not then a second alarm', () => {
  const facts = {
    builds: [],
    gpus: NVIDIA,
    missingLibraries: { cuda: ['libcudart.so.13'], vulkan: ['libvulkan.so.1'] },
  };
  expect(line('cuda', facts)).toMatchObject({
    status: 'warning',
    detail: 'libcudart.so.13 is missing.',
    cure: expect.stringContaining('cuda-cudart-13-0'),
  });
  expect(line('vulkan', facts)).toMatchObject({ status: 'info' });
  expect(line('vulkan', { ...facts, gpus: { ...NONE, amd: true } })).toMatchObject({ status: 'warning' });
});

test('an address that the network reaches is said to be one', () => {
  expect(line('port', { listening: { host: '0.0.0.0', port: 1 } })?.detail).toContain('reachable from the network');
  expect(line('port', { listening: { host: '::1', port: 1 } })?.detail).toContain('[::1]:1');
});

test('the tightest disk decides', () => {
  const disks = [
    { what: 'data', path: '/data', freeBytes: 50 * 1024 ** 3 },
    { what: 'models', path: '/models', freeBytes: 1024 },
  ];
  expect(line('disk', { disks })).toMatchObject({ status: 'failed', cure: expect.stringContaining('/models') });
});

test('the real check ends in time although the engine’s probe hangs, and fits the contract', async () => {
  const system = new System({
    clock: { now: () => 5000 },
    dataDir: tmpdir(),
    modelsDir: () => '/nowhere/yet',
    engines: { list: () => new Promise(() => undefined) },
    docker: { status: () => new Promise(() => undefined) },
  });
  system.listeningOn('127.0.0.1', 8084);
  const began = Date.now();
  const check = SystemCheck.parse(await system.check());
  expect(Date.now() - began).toBeLessThan(4000);
  expect(check.items.map(({ id }) => id)).toEqual([
    'engine',
    'compiler',
    'git',
    'cuda',
    'vulkan',
    'docker',
    'disk',
    'port',
  ]);
  expect(check.items.find(({ id }) => id === 'disk')?.status).not.toBe('failed');
});

const DOCKER = {
  problem: 'ok',
  detail: 'Docker 28.2 answers (API 1.50).',
  cure: null,
  gpu: { status: 'ready', method: 'nvidia', detail: 'Containers get GPUs by the NVIDIA runtime.', cure: null },
} as const;

test('Docker that may not be used says the cure, one that was never installed asks for nothing', () => {
  expect(line('docker', { docker: DOCKER })).toMatchObject({ status: 'ok', cure: null });
  const denied = { ...DOCKER, problem: 'no_permission', detail: 'No.', cure: 'Run x.' } as const;
  expect(line('docker', { docker: denied })).toMatchObject({ status: 'info', cure: 'Run x.' });
  const absent = { ...DOCKER, problem: 'not_installed', detail: 'None.', cure: 'Install it.' } as const;
  expect(line('docker', { docker: absent })).toMatchObject({ status: 'info', cure: null });
});

test('a container engine that cannot reach the GPU of this machine is a warning', () => {
  const gpu = { status: 'no_toolkit', method: null, detail: 'No toolkit.', cure: 'Install it.' } as const;
  expect(line('docker', { docker: { ...DOCKER, gpu } })).toMatchObject({ status: 'warning', cure: 'Install it.' });
});
