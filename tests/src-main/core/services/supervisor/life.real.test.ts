import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { SELF_TEST_SENTENCE } from '../../../../../resources/self-test-model/build.ts';
import { isAlive } from '../../../../../src-main/core/adapters/processes/identity.ts';
import { randomModelPath } from '../../../../fixtures/gguf/random-model.ts';
import { SELF_TEST_MODEL, Workbench } from '../../../../fixtures/workbench.ts';

const executable = () => join(inject('engineDir'), 'llama-server');
const chat = (content: string, more: object = {}) => ({ messages: [{ role: 'user', content }], ...more });

let bench: Workbench;
beforeAll(() => {
  bench = new Workbench({ executable: executable() });
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

describe('a model on the real engine', () => {
  it('starts, says its sentence at any temperature, and stops without leaving a process', async () => {
    const id = await bench.add(SELF_TEST_MODEL);
    const answer = await bench.supervisor.start(id);
    expect(answer).toMatchObject({ status: 'running', error: null, diagnosis: null });
    const { pid } = bench.models.get(id).engine ?? {};
    for (const temperature of [0, 0.8, 2]) {
      const reply = await bench.call(id, '/v1/chat/completions', chat('Hello! The whole chain', { temperature }));
      const { choices } = (await reply.json()) as {
        choices: [{ message: { content: string }; finish_reason: string }];
      };
      expect(choices[0]).toMatchObject({ message: { content: SELF_TEST_SENTENCE }, finish_reason: 'stop' });
    }
    expect(bench.models.get(id)).toMatchObject({
      state: 'running',
      engine: { backend: 'cpu', gpu_layers: null, slots: 4, context_length: 4096, build_id: 'test' },
    });
    expect(bench.supervisor.readiness(id)).toEqual({ status: 'ready', detail: 'Ready, 4 slots' });
    await bench.supervisor.stop(id);
    expect(isAlive(pid ?? 0)).toBe(false);
    expect(bench.launches.all()).toEqual([]);
    expect(bench.models.get(id)).toMatchObject({ state: 'stopped', port: null, engine: null });
  });

  it('is closed to whoever lacks the key of this launch, and shows that key nowhere', async () => {
    const id = await bench.add(SELF_TEST_MODEL);
    await bench.supervisor.start(id);
    const [engine] = bench.supervisor.engineProcesses();
    const key = engine?.authorization.replace('Bearer ', '') ?? '';
    for (const path of ['/v1/models', '/metrics', '/slots', '/props']) {
      expect([path, (await fetch(`${engine?.origin}${path}`)).status]).toEqual([path, 401]);
    }
    expect((await bench.call(id, '/metrics', null)).status).toBe(200);
    expect(key.length).toBeGreaterThan(40);
    expect(await bench.supervisor.logs(id)).not.toContain(key);
    expect(await readFile(`/proc/${engine?.pid}/cmdline`, 'utf8')).not.toContain(key);
    await bench.supervisor.stop(id);
  });

  it('has one process, however many start it at once', async () => {
    const id = await bench.add(SELF_TEST_MODEL);
    const answers = await Promise.all([1, 2, 3].map(() => bench.supervisor.start(id)));
    expect(new Set(answers.map((answer) => answer.port)).size).toBe(1);
    expect(answers.map((answer) => answer.status)).toEqual(['running', 'running', 'running']);
    expect(bench.launches.all()).toHaveLength(1);
    expect((await bench.supervisor.start(id)).port).toBe(answers[0]?.port);
    await bench.supervisor.stop(id);
  });

  it('stops while it loads, and a start during the stop starts it again', async () => {
    const id = await bench.add(randomModelPath());
    const first = bench.supervisor.start(id);
    while (bench.models.get(id).state !== 'loading') await sleep(5);
    const stopped = bench.supervisor.stop(id);
    expect(bench.models.get(id).state).toBe('stopping');
    const second = bench.supervisor.start(id);
    await stopped;
    expect((await first).status).not.toBe('failed');
    expect((await second).status).toBe('running');
    await bench.supervisor.stop(id);
    expect(bench.launches.all()).toEqual([]);
  });

  it('answers at once with the present state when it may not wait, and estimates the second load', async () => {
    const id = await bench.add(randomModelPath());
    await bench.supervisor.start(id);
    await bench.supervisor.stop(id);
    const answer = await bench.supervisor.start(id, { waitMs: 0 });
    expect(answer.status).toMatch(/starting|loading/);
    while (bench.models.get(id).state !== 'loading') await sleep(2);
    expect(bench.models.get(id).progress?.eta_seconds).toBeGreaterThan(0);
    expect((await bench.supervisor.start(id)).status).toBe('running');
    await bench.supervisor.stop(id);
  });

  it('embeds with the mean where the file names no pooling, and takes an input as long as a slot', async () => {
    await using own = new Workbench({
      executable: executable(),
      header: { trainedContext: 4096, namesPooling: false, kvElementsPerToken: null },
    });
    const id = await own.add(SELF_TEST_MODEL, { task: 'embed' });
    expect((await own.supervisor.start(id)).status).toBe('running');
    const reply = await own.call(id, '/v1/embeddings', { input: 'a'.repeat(3000) });
    const { data } = (await reply.json()) as { data: [{ embedding: number[] }] };
    expect(reply.status).toBe(200);
    expect(data[0].embedding).toHaveLength(288);
  });

  it('leaves no engine behind when everything is shut down at once', async () => {
    const own = new Workbench({ executable: executable() });
    const ids = await Promise.all([
      own.add(SELF_TEST_MODEL, { served_model_name: 'a' }),
      own.add(SELF_TEST_MODEL, { served_model_name: 'b' }),
    ]);
    await Promise.all(ids.map((id) => own.supervisor.start(id)));
    const pids = own.supervisor.engineProcesses().map((engine) => engine.pid);
    const begun = Date.now();
    await own[Symbol.asyncDispose]();
    expect(Date.now() - begun).toBeLessThan(8000);
    expect(pids.map((pid) => isAlive(pid ?? 0))).toEqual([false, false]);
    await expect(own.supervisor.start(ids[0] ?? 0)).rejects.toMatchObject({ code: 'shutting_down' });
  });
});

describe('several requests at once', () => {
  it('run in as many slots as there are', async () => {
    const id = await bench.add(randomModelPath(), { parallel_slots: 4, context_size: 4096 });
    await bench.supervisor.start(id);
    const body = chat('Tell me something', { max_tokens: 64, temperature: 0, ignore_eos: true });
    const replies = [1, 2, 3, 4].map(() => bench.call(id, '/v1/chat/completions', body));
    let most = 0;
    const all = Promise.all(replies).then(() => 'done');
    while ((await Promise.race([all, sleep(20, 'running')])) === 'running') {
      const slots = (await (await bench.call(id, '/slots', null)).json()) as { is_processing: boolean }[];
      most = Math.max(most, slots.filter((slot) => slot.is_processing).length);
    }
    expect(most).toBe(4);
    for (const reply of await Promise.all(replies)) {
      expect(((await reply.json()) as { usage: { completion_tokens: number } }).usage.completion_tokens).toBe(64);
    }
  });

  it('free their slot within a second when the client goes away', async () => {
    const id = bench.models.list().find((model) => model.state === 'running')?.id ?? 0;
    const gone = new AbortController();
    const body = chat('Go on for ever', { max_tokens: 3000, temperature: 0, ignore_eos: true, stream: true });
    const reply = await bench.call(id, '/v1/chat/completions', body, { signal: gone.signal });
    await reply.body?.getReader().read();
    const busy = async () =>
      ((await (await bench.call(id, '/slots', null)).json()) as { is_processing: boolean }[]).filter(
        (slot) => slot.is_processing,
      ).length;
    expect(await busy()).toBe(1);
    gone.abort();
    const begun = Date.now();
    while ((await busy()) > 0) await sleep(20);
    expect(Date.now() - begun).toBeLessThan(1000);
    await bench.supervisor.stop(id);
  });

  it('refuse a prompt longer than the context with both numbers, and cut nothing', async () => {
    const id = await bench.add(SELF_TEST_MODEL, { context_size: 256 });
    await bench.supervisor.start(id);
    const reply = await bench.call(id, '/v1/chat/completions', chat('x'.repeat(500)));
    expect(reply.status).toBe(400);
    const { error } = (await reply.json()) as { error: { message: string; type: string } };
    expect(error.type).toBe('exceed_context_size_error');
    expect(error.message).toMatch(/\(50\d tokens\).*\(256 tokens\)/);
    await bench.supervisor.stop(id);
  });
});
