import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { vllmModel } from '../fixtures/vllm-model.ts';
import { LLAMA_SERVER_IMAGE, VLLM_IMAGE } from '../tools/docker-test-images.ts';
import { RunningProgram, SELF_TEST_FOLDER, SENTENCE, temporaryDirectory } from './program.ts';

const host = inject('dockerHost');
const engine = () => join(inject('engineDir'), 'llama-server');
const env = { DOCKER_HOST: host };

let directory: ReturnType<typeof temporaryDirectory>;
let program: RunningProgram;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(async () => {
  await program?.[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

const start = async (more: NodeJS.ProcessEnv = env) => {
  program = await RunningProgram.start(directory.path, ['--llama-server', engine()], more);
  return program;
};

const llama = (more: object = {}) => ({
  name: 'Self test',
  served_model_name: 'self-test',
  engine_type: 'llamacpp',
  runtime: 'container',
  engine_image: LLAMA_SERVER_IMAGE,
  local_path: SELF_TEST_FOLDER,
  threads: 2,
  ...more,
});

async function say(key: string, model = 'self-test'): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${program.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello! The whole chain' }], max_tokens: 40 }),
  });
  return { status: answer.status, text: await answer.text() };
}

async function stateOf(id: number): Promise<Record<string, unknown>> {
  return (await program.admin('GET', `/admin/models/${id}`)).body;
}

async function until(id: number, state: string): Promise<void> {
  const limit = Date.now() + 30_000;
  while ((await stateOf(id))['state'] !== state) {
    if (Date.now() > limit) throw new Error(JSON.stringify(await stateOf(id)));
    await sleep(50);
  }
}

describe.skipIf(host === '')('the whole program over a real Docker Engine', () => {
  const docker = new Docker({ socketPath: host.replace('unix://', '') });

  it('answers through the gateway from both engines, and tells each one’s logs, readiness and difference', async () => {
    await start();
    const folder = vllmModel(program.modelsDir);
    const key = await program.createKey();
    const first = await program.runModel(llama());
    const second = await program.runModel({
      name: 'Tiny Llama',
      served_model_name: 'tiny-llama',
      engine_type: 'vllm',
      runtime: 'container',
      engine_image: VLLM_IMAGE,
      local_path: folder,
      threads: undefined,
    });
    expect((await say(key)).text).toContain('whole chain works');
    expect((await say(key, 'tiny-llama')).status).toBe(200);
    const readiness = await program.admin('GET', `/admin/models/${second}/readiness`);
    expect(readiness.body).toMatchObject({ status: 'ready' });
    const logs = await program.admin('GET', `/admin/models/${second}/logs?diagnose=true`);
    expect(logs.body).toMatchObject({
      state: 'running',
      logs: expect.stringContaining('Application startup complete'),
    });
    const tested = await program.admin('POST', `/admin/models/${first}/test`, {});
    expect(tested.body).toMatchObject({ success: true, test_type: 'chat' });
    const applied = await program.admin('POST', `/admin/models/${second}/apply`, { max_model_len: 2048 });
    expect(applied.body).toMatchObject({ status: 'applied', restarted: true, state: 'running' });
    const dry = await program.admin<{ command: string[] }>('POST', `/admin/models/${second}/dry-run`, {});
    expect(dry.body).toMatchObject({ valid: true, docker_run: expect.stringContaining(VLLM_IMAGE) });
    expect(dry.body.command.slice(0, 2)).toEqual(['vllm', 'serve']);
    for (const id of [first, second]) await program.admin('POST', `/admin/models/${id}/stop`);
  });

  it('killed while a model runs: the next start takes the container up, and its clients go on with the same key', async () => {
    await start();
    const key = await program.createKey();
    const id = await program.runModel(llama());
    const container = (await stateOf(id))['container_name'];
    await program.stop('SIGKILL');
    await start();
    await until(id, 'running');
    expect((await stateOf(id))['container_name']).toBe(container);
    expect((await say(key)).text).toContain(SENTENCE.slice(25, 40));
    await program.admin('POST', `/admin/models/${id}/stop`);
    expect((await program.admin('GET', '/admin/containers')).body).toEqual([]);
  });

  it('ended with "leave": the container runs on, is adopted, and "stop" ends it with the program', async () => {
    await start();
    await program.admin('PATCH', '/admin/settings', { on_quit: 'leave' });
    const id = await program.runModel(llama({ served_model_name: 'left-alone' }));
    const name = String((await stateOf(id))['container_name']);
    expect((await program.stop()).code).toBe(0);
    expect((await docker.getContainer(name).inspect()).State.Running).toBe(true);
    await start();
    await until(id, 'running');
    await program.admin('PATCH', '/admin/settings', { on_quit: 'stop' });
    expect((await program.stop()).code).toBe(0);
    await expect(docker.getContainer(name).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  it('whose configuration changed while it was away: an orphan that its owner sees and removes', async () => {
    await start();
    await program.admin('PATCH', '/admin/settings', { on_quit: 'leave' });
    const id = await program.runModel(llama());
    await program.stop();
    // A start without Docker cannot see it; the configuration is changed then.
    await start({ DOCKER_HOST: 'unix:///nowhere.sock' });
    await program.admin('PATCH', `/admin/models/${id}`, { parallel_slots: 1 });
    await program.stop();
    await start();
    const { body } = await program.admin<{ id: string; model_id: number }[]>('GET', '/admin/containers');
    expect(body).toMatchObject([{ model_id: id, state: 'running' }]);
    expect((await stateOf(id))['state']).toBe('stopped');
    await program.admin('DELETE', `/admin/containers/${body[0]?.id}`);
    expect((await program.admin('GET', '/admin/containers')).body).toEqual([]);
  });

  it('another Cortex is an upstream: one name, two machines, and the second answers while the first is down', async () => {
    await start();
    await using far = temporaryProgramAt();
    const other = await far.start();
    await other.runModel(llama({ runtime: 'process', engine_image: undefined }));
    const farKey = await other.createKey();
    const id = await program.runModel(llama());
    const key = await program.createKey();
    const added = await program.admin('POST', '/admin/models/registry', {
      served_name: 'self-test',
      url: other.url,
      api_key: farKey,
    });
    expect(added.status).toBe(200);
    await program.admin('POST', '/admin/upstreams/refresh-health', {});
    await program.admin('POST', `/admin/models/${id}/stop`);
    const answer = await say(key);
    expect([answer.status, answer.text.includes('whole chain works')]).toEqual([200, true]);
    const usage = await program.admin<{ upstream: string | null }[]>('GET', '/admin/usage?limit=1');
    expect(usage.body[0]?.upstream).toBe(other.url);
    expect(JSON.stringify((await program.admin('GET', '/admin/upstreams')).body)).not.toContain(farKey);
  });
});

/** A second program with its own directory. */
function temporaryProgramAt() {
  const place = temporaryDirectory();
  let running: RunningProgram | null = null;
  return {
    start: async () => (running = await RunningProgram.start(place.path, ['--llama-server', engine()])),
    [Symbol.asyncDispose]: async () => {
      await running?.[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    },
  };
}

describe('without Docker', () => {
  it('everything answers, says what is missing and how to get it, and plain processes run', async () => {
    await start({ DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    const status = await program.admin('GET', '/admin/system/docker');
    expect(status.body).toMatchObject({ problem: expect.not.stringMatching(/^ok$/), cure: expect.any(String) });
    for (const path of [
      '/admin/engines/images',
      '/admin/containers',
      '/admin/upstreams',
      '/admin/recipes',
      '/admin/models',
    ]) {
      const { status: code, body } = await program.admin('GET', path);
      expect([path, code === 200 || body['error'] !== undefined]).toEqual([path, true]);
    }
    const refused = await program.admin('POST', '/admin/models', llama({ served_model_name: 'boxed' }));
    const started = await program.admin('POST', `/admin/models/${String(refused.body['id'])}/start`);
    expect(started.status).toBe(503);
    expect(JSON.stringify(started.body)).toMatch(/docker/i);
    await program.runModel(llama({ runtime: undefined, engine_image: undefined }));
  });
});
