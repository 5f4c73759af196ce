import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { createOptions } from '../../../../src-main/core/adapters/docker/create-options.ts';
import type { EngineFacts } from '../../../../src-main/core/adapters/docker/judge-engine.ts';
import { composeFile } from '../../../../src-main/domain/exchange/compose.ts';
import { readConfigurationFile } from '../../../../src-main/domain/exchange/configuration-file.ts';
import { kubernetesManifests, resourceName } from '../../../../src-main/domain/exchange/kubernetes.ts';
import type { LaunchDescription } from '../../../../src-main/domain/exchange/launch-description.ts';

const launch: LaunchDescription = {
  name: 'cortex-Qwen3 8B_1',
  image: 'vllm/vllm-openai:v0.33.0',
  entrypoint: null,
  args: ['--model', '/models/Qwen3-8B', '--chat-template', '{{ $x }} $(y)', '--compilation-config', '{"mode": 3}'],
  env: { VLLM_API_KEY: 'sk-real', HF_TOKEN: 'hf_real', VLLM_LOGGING_LEVEL: 'INFO', PRICE: '$5' },
  secretEnv: ['VLLM_API_KEY', 'HF_TOKEN'],
  gpus: { kind: 'some', ids: ['GPU-1', 'GPU-2'] },
  mounts: [
    { source: '/srv/models/Qwen3-8B', target: '/models/Qwen3-8B', readOnly: true },
    { source: 'cortex-cache', target: '/cache', readOnly: false },
  ],
  port: 8000,
  user: '1000:1000',
  readOnlyRoot: true,
  ipc: 'private',
  sharedMemoryBytes: 8_589_934_592,
  memoryBytes: 34_359_738_368,
  pidsLimit: 4096,
  restart: 'on-failure:5',
};

/** UPDATE_GOLDEN=1 writes them anew. */
test.each([
  ['compose', composeFile],
  ['kubernetes', kubernetesManifests],
])('%s YAML is written as it was looked over', (file, render) => {
  const text = render(launch)
    .documents.map((document) => stringify(document, { aliasDuplicateObjects: false }))
    .join('---\n');
  const golden = new URL(`./golden/${file}.golden`, import.meta.url);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text);
  expect(readFileSync(golden, 'utf8')).toBe(text);
  expect(text).not.toMatch(/sk-real|hf_real/);
  expect(parseAllDocuments(text).flatMap((document) => document.errors)).toEqual([]);
});

test('Compose and Kubernetes replace variables: a dollar that is meant is written so that it stays one', () => {
  expect(JSON.stringify(composeFile(launch).documents)).toContain('{{ $$x }} $$(y)');
  expect(JSON.stringify(kubernetesManifests(launch).documents)).toContain('{{ $x }} $$(y)');
});

test('secrets are named, GPUs that cannot be named are told', () => {
  expect(composeFile(launch).warnings).toEqual([
    expect.stringContaining('mkdir -p cortex-cache && sudo chown 1000:1000 cortex-cache'),
    expect.stringContaining('VLLM_API_KEY'),
    expect.stringContaining('HF_TOKEN'),
    expect.stringContaining('"ulimits"'),
  ]);
  const all = kubernetesManifests({ ...launch, gpus: { kind: 'all' }, image: 'sha256:abc' });
  expect(all.warnings.join('\n')).toMatch(
    /--from-literal=VLLM_API_KEY=.*\n[\s\S]*no "all"[\s\S]*push it to a registry/,
  );
  const none = { ...launch, gpus: { kind: 'none' } as const, memoryBytes: null, user: null, ipc: 'host' as const };
  expect(JSON.stringify(kubernetesManifests(none).documents)).not.toMatch(/nvidia|runAsUser|dev\/shm|"limits"/);
  expect(JSON.stringify(composeFile(none).documents)).not.toMatch(/nvidia|shm_size|mem_limit/);
});

test('the cache is writable for an engine that is not root: a named volume is root’s, and every capability is dropped', () => {
  const compose = JSON.stringify(composeFile({ ...launch, user: '65534:0' }));
  expect(compose).toContain('"source":"./cortex-cache"');
  expect(compose).toContain('sudo chown 65534:0 cortex-cache');
  expect(compose).not.toMatch(/"type":"volume"|"create_host_path":true/);
  expect(JSON.stringify(kubernetesManifests({ ...launch, user: '65534:0' }))).toContain('"fsGroup":0');
  expect(JSON.stringify(kubernetesManifests({ ...launch, user: null }))).not.toContain('fsGroup');
  expect(composeFile({ ...launch, user: null }).warnings.join(' ')).not.toContain('chown');
});

test('a Compose file is the container that runs here: the same log, limits, init and temporary folder', () => {
  const facts: EngineFacts = {
    kind: 'docker',
    api: '1.41',
    version: '20.10.24',
    rootless: false,
    selinux: false,
    liftsLimits: true,
    gpu: { status: 'none', method: null, detail: '', cure: null },
  };
  const { HostConfig: own } = createOptions({ ...launch, labels: {}, gpus: { kind: 'none' } }, facts);
  const [document] = composeFile(launch).documents as [{ services: Record<string, Record<string, unknown>> }];
  const [service] = Object.values(document.services);
  expect(service).toMatchObject({
    init: own.Init,
    logging: { driver: own.LogConfig.Type, options: own.LogConfig.Config },
    pids_limit: own.PidsLimit,
    cap_drop: own.CapDrop,
    mem_limit: `${own.Memory}b`,
    memswap_limit: `${own.MemorySwap}b`,
    tmpfs: [`/tmp:${own.Tmpfs?.['/tmp']}`],
    ulimits: Object.fromEntries((own.Ulimits ?? []).map(({ Name, Soft, Hard }) => [Name, { soft: Soft, hard: Hard }])),
    healthcheck: { disable: true },
    restart: 'on-failure:5',
  });
});

test('no Service sets variables in an engine: one called "vllm" would set VLLM_PORT', () => {
  expect(JSON.stringify(kubernetesManifests(launch).documents)).toContain('"enableServiceLinks":false');
});

test.each([
  ['cortex-Qwen3 8B_1', 'cortex-qwen3-8b-1'],
  ['é', 'model'],
  ['9vllm', 'm-9vllm'],
  ['--70B', 'm-70b'],
  [`7${'b'.repeat(70)}`, `m-7${'b'.repeat(60)}`],
  [`${'a'.repeat(62)}--b`, 'a'.repeat(62)],
])('%s becomes a name that Kubernetes takes', (name, expected) => {
  expect(resourceName(name)).toBe(expected);
});

const read = (value: unknown) => {
  const parsed = readConfigurationFile(value);
  if ('message' in parsed) throw new Error(parsed.message);
  return parsed;
};

test('an export of the older Cortex: old names are converted, what is gone is told, nulls say nothing', () => {
  const parsed = read({
    model: {
      id: 3,
      name: 'Old',
      served_model_name: 'old',
      engine_type: 'llamacpp',
      local_path: 'org/a.gguf',
      repo_id: null,
      task: 'generate',
      state: 'running',
      context_size: 4096,
      no_mmap: true,
      defrag_thold: 0.1,
      no_such_thing: 1,
      ngl: 'many',
      temperature: 0,
    },
  });
  expect(parsed.draft).toEqual({
    engine_type: 'llamacpp',
    name: 'Old',
    served_model_name: 'old',
    local_path: 'org/a.gguf',
    task: 'generate',
    mode: 'offline',
    context_size: 4096,
    load_mode: 'none',
    temperature: 0,
  });
  expect(parsed.conversions.map(({ field }) => field).toSorted()).toEqual(['defrag_thold', 'mode', 'no_mmap']);
  expect(parsed.dropped.map(({ text }) => text).toSorted()).toEqual(['id', 'ngl: "many"', 'no_such_thing: 1', 'state']);
});

test.each([[null], [7], ['x'], [[]], [{}], [{ model: {} }], [[{}, {}]]])('%j holds no model', (value) => {
  expect(readConfigurationFile(value)).toHaveProperty('message');
});
