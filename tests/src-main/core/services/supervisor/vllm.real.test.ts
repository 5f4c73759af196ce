import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { modelsDirectory, vllmModel } from '../../../../fixtures/vllm-model.ts';
import { Workbench } from '../../../../fixtures/workbench.ts';
import { VLLM_IMAGE } from '../../../../tools/docker-test-images.ts';

const host = inject('dockerHost');
const signal = () => AbortSignal.timeout(20_000);

/** Everything here runs the stand-in for vLLM, in a real container. */
describe.skipIf(host === '')('vLLM in a container', () => {
  const ownerId = randomUUID();
  const models = modelsDirectory();
  const docker = new Docker({ socketPath: host.replace('unix://', '') });
  let bench: Workbench;
  let names = 0;
  const add = async (path: string, more: object = {}) => {
    names += 1;
    const served = `vllm-${names}`;
    const { id } = await bench.models.create({
      name: served,
      served_model_name: served,
      engine_type: 'vllm',
      runtime: 'container',
      engine_image: VLLM_IMAGE,
      local_path: path,
      ...more,
    });
    return id;
  };
  beforeAll(() => {
    bench = new Workbench({ executable: null, dockerHost: host, ownerId });
  });
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    models[Symbol.dispose]();
    const left = await docker.listContainers({ all: true, filters: { label: [`io.cortex-desktop.owner=${ownerId}`] } });
    expect(left).toEqual([]);
  });

  it('lives its whole life: phases, facts of its log, an answer, a test, metrics, and a stop', async () => {
    const id = await add(vllmModel(models.path, { loadMs: 1500 }), { max_model_len: 4096 });
    const stages = new Set<string>();
    using _watch = bench.supervisor.onChange((model) => {
      const stage = bench.models.get(model).progress?.stage;
      if (stage) stages.add(stage);
    });
    expect(await bench.supervisor.start(id)).toMatchObject({ status: 'running', error: null });
    expect([...stages]).toEqual(expect.arrayContaining(['prepare', 'load', 'compile', 'profile', 'capture']));
    expect(bench.models.get(id)).toMatchObject({
      container_name: expect.stringContaining('vllm-1'),
      engine: {
        image: VLLM_IMAGE,
        context_length: 4096,
        kv_cache_tokens: expect.any(Number),
        max_concurrency: expect.any(Number),
        weights_gb: expect.any(Number),
      },
    });
    const reply = await bench.call(id, '/v1/chat/completions', {
      model: 'vllm-1',
      messages: [{ role: 'user', content: 'Hello' }],
    });
    expect(reply.status).toBe(200);
    expect(await bench.models.test(id, signal())).toMatchObject({ success: true });
    expect((await fetch(`${bench.supervisor.engineProcesses()[0]?.origin}/v1/models`)).status).toBe(401);
    await bench.supervisor.stop(id);
    expect(bench.models.get(id).state).toBe('stopped');
  });

  it('explains a context that its cache cannot hold, and runs once the fix is applied', async () => {
    const id = await add(vllmModel(models.path, { kvTokens: 20_000 }, 'small-cache'));
    const failed = await bench.supervisor.start(id);
    expect(failed).toMatchObject({ status: 'failed', diagnosis: { code: expect.stringMatching(/kv/) } });
    const fix = failed.diagnosis?.fixes.find(({ patch }) => patch?.['max_model_len'] !== undefined);
    expect(fix?.patch?.['max_model_len']).toBeLessThanOrEqual(20_000);
    await bench.models.update(id, fix?.patch ?? {});
    expect((await bench.supervisor.start(id)).status).toBe('running');
    await bench.supervisor.stop(id);
  });

  it('refuses a flag that this very image does not know before anything is started', async () => {
    const id = await add(vllmModel(models.path), {
      engine_startup_args_json: '[{"flag":"--no-such-flag","type":"flag","value":true}]',
    });
    await expect(bench.supervisor.start(id)).rejects.toMatchObject({ code: 'validation_failed' });
    const dry = await bench.models.dryRun(id, {}, signal());
    expect(dry.valid).toBe(false);
    expect(dry.warnings.map(({ message }) => message).join(' ')).toMatch(/--no-such-flag/);
  });

  it('has its image say which flags it knows, each with its field or why it is not free', async () => {
    const { version, flags } = await bench.models.engineFlags('vllm', VLLM_IMAGE, signal());
    const of = (name: string) => flags.find(({ flag }) => flag === name);
    expect(version).toBe('v0.29.0');
    expect(of('--tensor-parallel-size')?.field).toBe('tp_size');
    expect(of('--api-key')?.refusal).toMatch(/not allowed/);
    expect(flags.some(({ refusal }) => refusal === null)).toBe(true);
    await expect(bench.models.engineFlags('vllm', 'no/such:image', signal())).rejects.toMatchObject({
      code: 'image_not_found',
    });
  });

  it('that dies after hours is explained by its end, and its generic last words are never the cause', async () => {
    const id = await add(vllmModel(models.path, { fail: 'oom_load' }, 'oom'));
    const { diagnosis } = await bench.supervisor.start(id);
    expect(diagnosis?.code).toBe('weights_too_large');
    expect(diagnosis?.summary).not.toMatch(/Engine core initialization failed/);
    const crashing = await add(vllmModel(models.path, { crashMs: 600 }, 'crashing'));
    expect((await bench.supervisor.start(crashing)).status).toBe('running');
    while (bench.models.get(crashing).state === 'running') await sleep(20);
    expect(bench.models.get(crashing)).toMatchObject({ state: 'failed', diagnosis: { code: expect.any(String) } });
  });

  it('reads a model of links, as the hub’s cache has them, and one that only its owner may read', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'cortex-hub-'));
    const real = vllmModel(join(cache, 'blobs'), {}, 'real');
    const snapshot = join(cache, 'snapshots', 'abc');
    mkdirSync(snapshot, { recursive: true });
    for (const file of ['config.json', 'tokenizer.json', 'model.safetensors', 'standin.json']) {
      symlinkSync(join('..', '..', 'blobs', 'real', file), join(snapshot, file));
    }
    for (const file of ['config.json', 'model.safetensors']) chmodSync(join(real, file), 0o600);
    const id = await add(snapshot);
    expect(await bench.supervisor.start(id)).toMatchObject({ status: 'running', error: null });
    await bench.supervisor.stop(id);
    rmSync(cache, { recursive: true, force: true });
  });

  it('as a plain process where a "vllm" command is found, and says so where there is none', async () => {
    const id = await add(vllmModel(models.path), { runtime: 'process', engine_image: null });
    await expect(bench.supervisor.start(id)).rejects.toMatchObject({ code: 'runtime_unavailable' });
    const bin = mkdtempSync(join(tmpdir(), 'cortex-bin-'));
    const standIn = new URL('../../../../fakes/vllm/vllm.ts', import.meta.url).pathname;
    writeFileSync(join(bin, 'vllm'), `#!/bin/sh\nexec '${process.execPath}' '${standIn}' "$@"\n`, { mode: 0o755 });
    await using own = new Workbench({ executable: null, vllmPath: bin });
    const { id: local } = await own.models.create({
      name: 'local',
      served_model_name: 'local',
      engine_type: 'vllm',
      local_path: vllmModel(models.path, {}, 'as-process'),
    });
    expect(own.models.get(local).runtime).toBe('process');
    expect(await own.supervisor.start(local)).toMatchObject({ status: 'running', container: null });
    expect(own.models.get(local).engine).toMatchObject({ version: '0.29.0', image: null });
    await own.supervisor.stop(local);
    rmSync(bin, { recursive: true, force: true });
  });
});
