import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Model, type ModelEvent } from '../../../../../src-main/contract/models.ts';
import { FakeEngineProcesses } from '../../../../fakes/engine-processes.ts';
import { SELF_TEST_MODEL, Workbench } from '../../../../fixtures/workbench.ts';

const draft = (more: object = {}) => ({
  name: 'Self test',
  served_model_name: 'self-test',
  engine_type: 'llamacpp',
  local_path: SELF_TEST_MODEL,
  ...more,
});

let bench: Workbench;
beforeEach(() => {
  bench = new Workbench({
    executable: '/opt/engine/llama-server',
    processes: new FakeEngineProcesses((process) => void process.listen()),
    header: { trainedContext: 4096, namesPooling: false, kvElementsPerToken: null },
  });
});
afterEach(async () => {
  await bench[Symbol.asyncDispose]();
});

const refusal = async (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
  );

describe('creating a model', () => {
  it('keeps every field, zero included, and shows the whole table flat', async () => {
    const { id } = await bench.models.create(
      draft({ ngl: 0, temperature: 0, cache_type_k: 'q8_0', custom_request_json: '{"seed":1}' }),
    );
    const model = bench.models.get(id);
    expect(Model.parse(model)).toMatchObject({
      id,
      state: 'stopped',
      runtime: 'process',
      mode: 'offline',
      ngl: 0,
      temperature: 0,
      cache_type_k: 'q8_0',
      context_size: null,
      request_defaults_json: '{"temperature":0,"seed":1}',
      port: null,
      last_used_at: null,
    });
    expect(model.created_at).toBeLessThan(5_000_000_000);
  });

  it('names each field that is wrong', async () => {
    expect(await refusal(bench.models.create(draft({ contextsize: 1, ngl: 'many' })))).toEqual({
      code: 'validation_failed',
      message: 'contextsize: is not a field of llamacpp; did you mean "context_size"?; ngl: must be a number',
    });
    expect(await refusal(bench.models.create(draft({ served_model_name: 'has spaces' })))).toMatchObject({
      code: 'validation_failed',
      message: expect.stringContaining('served_model_name'),
    });
    expect(await refusal(bench.models.create(draft({ local_path: undefined })))).toMatchObject({
      message: 'local_path: is needed: the file or folder of the model',
    });
    expect(await refusal(bench.models.create(draft({ mode: 'online' })))).toMatchObject({ code: 'validation_failed' });
  });

  it.each([
    ['id', 7],
    ['state', 'running'],
    ['port', 8080],
    ['archived', true],
    ['container_name', 'x'],
    ['created_at', 1],
    ['request_defaults_json', '{"temperature":0}'],
  ])('refuses %s by name instead of dropping it, unless it is null', async (field, value) => {
    const answer = await refusal(bench.models.create(draft({ [field]: value })));
    expect(answer).toMatchObject({
      code: 'validation_failed',
      message: expect.stringMatching(`^${field}: .*cannot be`),
    });
    if (field === 'request_defaults_json')
      expect(answer?.message).toMatch(/use temperature, .* or custom_request_json/);
    await bench.models.create(draft({ [field]: null }));
  });

  it('takes no name of JavaScript’s own for a known key', async () => {
    expect(await refusal(bench.models.create(draft({ constructor: 1 })))).toMatchObject({
      message: expect.stringContaining('constructor: is not a field'),
    });
  });

  it('refuses a file that is not there, a build that does not exist, and an image that is none', async () => {
    expect(await refusal(bench.models.create(draft({ local_path: '/none.gguf' })))).toMatchObject({
      code: 'path_not_found',
    });
    expect(await refusal(bench.models.create(draft({ engine_build_id: 'gone' })))).toMatchObject({ code: 'not_found' });
    // A container may be written down before Docker is there.
    expect(await refusal(bench.models.create(draft({ engine_image: 'not an image' })))).toMatchObject({
      code: 'validation_failed',
    });
    expect(bench.models.list()).toEqual([]);
  });

  it('gives a served name to one model only, also when two ask at once', async () => {
    const both = await Promise.all([
      refusal(bench.models.create(draft())),
      refusal(bench.models.create(draft({ name: 'Other' }))),
    ]);
    expect(both.filter((answer) => answer?.code === 'served_name_in_use')).toHaveLength(1);
    expect(bench.models.list()).toHaveLength(1);
  });
});

describe('changing a model', () => {
  it('clears with null, keeps what is left out, and says when a restart is needed', async () => {
    const { id } = await bench.models.create(draft({ context_size: 1024, temperature: 0.5 }));
    await bench.supervisor.start(id);
    expect(await bench.models.update(id, { temperature: null })).toMatchObject({ restart_required: false });
    expect(await bench.models.update(id, { name: 'New name' })).toMatchObject({ restart_required: false });
    // The engine goes on answering with the name it was started with.
    expect(await bench.models.update(id, { served_model_name: 'new' })).toMatchObject({ restart_required: true });
    expect(await bench.models.update(id, { context_size: 2048 })).toMatchObject({ restart_required: true });
    expect(bench.models.get(id)).toMatchObject({ name: 'New name', context_size: 2048, temperature: null });
    await bench.supervisor.stop(id);
    expect(await bench.models.update(id, { context_size: 1024 })).toMatchObject({ restart_required: false });
  });

  it('takes a model back as it was shown', async () => {
    const { id } = await bench.models.create(draft({ context_size: 1024 }));
    const shown = bench.models.get(id);
    await bench.models.update(id, { ...shown, name: 'Renamed' });
    expect(bench.models.get(id)).toMatchObject({ ...shown, name: 'Renamed', updated_at: expect.any(Number) });
  });

  it('refuses what nobody sets when it differs from what is shown', async () => {
    const { id } = await bench.models.create(draft());
    await bench.supervisor.start(id);
    for (const patch of [{ id: id + 1 }, { state: 'stopped' }, { port: 1 }, { request_defaults_json: '{}' }]) {
      expect(await refusal(bench.models.update(id, patch))).toMatchObject({
        code: 'validation_failed',
        message: expect.stringContaining(`${Object.keys(patch)[0]}: `),
      });
    }
    // As it came, through JSON, while it runs and was used since.
    const shown = JSON.parse(JSON.stringify(bench.models.get(id))) as Record<string, unknown>;
    bench.table.saveLastUsed(id, Date.now());
    expect(await bench.models.update(id, { ...shown, max_tokens: 9 })).toMatchObject({ restart_required: false });
    expect(bench.models.get(id)['max_tokens']).toBe(9);
  });

  it('never changes the engine, and does not lose a field to a patch that is refused', async () => {
    const { id } = await bench.models.create(draft({ ngl: 5 }));
    expect(await refusal(bench.models.update(id, { engine_type: 'vllm' }))).toMatchObject({
      code: 'validation_failed',
    });
    expect(await refusal(bench.models.update(id, { ngl: -1 }))).toMatchObject({ code: 'validation_failed' });
    expect(bench.models.get(id)['ngl']).toBe(5);
  });

  it('refuses to take another model’s served name, but keeps its own', async () => {
    const { id } = await bench.models.create(draft());
    const other = await bench.models.create(draft({ served_model_name: 'other' }));
    expect(await refusal(bench.models.update(other.id, { served_model_name: 'self-test' }))).toMatchObject({
      code: 'served_name_in_use',
    });
    await bench.models.update(id, { served_model_name: 'self-test' });
  });

  it('archives only what rests; an archived model is not served and its name is free', async () => {
    const { id } = await bench.models.create(draft());
    await bench.supervisor.start(id);
    expect(await refusal(bench.models.update(id, { archived: true }))).toMatchObject({ code: 'model_busy' });
    await bench.supervisor.stop(id);
    await bench.models.update(id, { archived: true });
    expect(bench.supervisor.routes.get('self-test')).toBeUndefined();
    await bench.models.create(draft());
    expect(await refusal(bench.models.update(id, { archived: false }))).toMatchObject({ code: 'served_name_in_use' });
  });
});

describe('deleting a model', () => {
  it('stops it first and leaves its file alone', async () => {
    const { id } = await bench.models.create(draft());
    await bench.supervisor.start(id);
    await bench.models.remove(id);
    expect(bench.supervisor.engineProcesses()).toEqual([]);
    expect(existsSync(SELF_TEST_MODEL)).toBe(true);
    expect(() => bench.models.get(id)).toThrow(/was not found/);
    await expect(bench.models.remove(id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('watching the models', () => {
  it('says everything once, then each change in its newest form, then the deletion', async () => {
    const { id } = await bench.models.create(draft());
    const leave = new AbortController();
    const events: ModelEvent[] = [];
    for await (const event of bench.models.watch(leave.signal)) {
      events.push(event);
      if (event.type === 'snapshot') void bench.supervisor.start(id).then(() => bench.models.remove(id));
      if (event.type === 'deleted') leave.abort();
    }
    expect(events[0]).toMatchObject({ type: 'snapshot', models: [{ id, state: 'stopped' }] });
    const states = events.flatMap((event) => (event.type === 'changed' ? [event.model.state] : []));
    expect(states).toContain('starting');
    expect(states).toContain('running');
    expect(events.at(-1)).toEqual({ type: 'deleted', id });
  });
});

describe('the preview of a command', () => {
  it('is the command that a start runs, but for port and key', async () => {
    const { command, warnings } = await bench.models.dryRunDraft(
      draft({ context_size: 8192, threads: 4000 }),
      AbortSignal.timeout(10_000),
    );
    expect(command.join(' ')).toMatch(/^\/opt\/engine\/llama-server -m .*cortex-self-test\.gguf --alias self-test/);
    expect(command).toContain('<port>');
    expect(warnings.map((warning) => warning.category)).toEqual(['config', 'context']);
    const long = await bench.models.dryRunDraft(
      draft({ context_size: 8192, threads: 1000 }),
      AbortSignal.timeout(10_000),
    );
    expect(long.warnings.map((warning) => warning.category)).toEqual(['context', 'threads']);
  });

  it('says what is missing instead of failing', async () => {
    await using own = new Workbench({ executable: null });
    const { command, warnings } = await own.models.dryRunDraft(
      draft({ local_path: '/none.gguf' }),
      AbortSignal.timeout(10_000),
    );
    expect(command[0]).toBe('llama-server');
    expect(warnings.map((warning) => warning.category)).toEqual(['path_not_found', 'no_engine_build']);
  });
});

describe('the field tables', () => {
  it('carry this machine’s defaults for each engine', async () => {
    const [llamacpp, vllm] = await bench.models.engineSpecs();
    expect(llamacpp?.fields.find((field) => field.name === 'threads')?.default).toBeGreaterThan(0);
    expect(vllm?.fields.map((field) => field.name)).toContain('gpu_memory_utilization');
    expect(await bench.models.engineSpecs('llamacpp')).toHaveLength(1);
  });
});
