import { implement, ORPCError } from '@orpc/server';
import { contract } from '../../src-main/contract/index.ts';
import type { EngineBuild } from '../../src-main/contract/engines.ts';
import type { Job } from '../../src-main/contract/jobs.ts';
import type { LiveEvent } from '../../src-main/contract/live.ts';
import type { LogLine, Model, ModelEvent } from '../../src-main/contract/models.ts';
import { AppError } from '../../src-main/contract/errors.ts';
import {
  BUILD,
  DOCKER,
  FIELDS,
  FOLDERS,
  GROUPS,
  CHECK,
  IMAGES,
  INFO,
  KEYS,
  MODELS,
  usageRows,
  ANSWER,
  LOG,
} from './admin-data.ts';

/** Values to whoever listens, from when they begin to. */
class Channel<Value> {
  readonly #listeners = new Set<(value: Value) => void>();

  send(value: Value): void {
    for (const listener of this.#listeners) listener(value);
  }

  async *follow(signal: AbortSignal | undefined): AsyncGenerator<Value> {
    const waiting: Value[] = [];
    let wake = () => {};
    const listener = (value: Value) => {
      waiting.push(value);
      wake();
    };
    signal?.addEventListener('abort', () => wake());
    this.#listeners.add(listener);
    try {
      for (;;) {
        if (signal?.aborted === true) return;
        for (const value of waiting.splice(0)) yield value;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (waiting.length > 0 || signal?.aborted === true) resolve();
        });
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const now = () => Date.now() / 1000;

export type Scenario = 'empty' | 'full' | 'no-engine';

/** Test double: the admin API in memory, with invented models that load and answer at a watchable speed. */
export function fakeAdminApi(scenario: Scenario) {
  const models = new Map<number, Model>(scenario === 'empty' ? [] : MODELS.map((model) => [model.id, model]));
  const builds: EngineBuild[] = scenario === 'full' ? [BUILD] : [];
  const keys = scenario === 'empty' ? [] : [...KEYS];
  const folders = [...FOLDERS];
  const images = scenario === 'empty' ? [] : [...IMAGES];
  let settings = {
    host: null as string | null,
    port: null as number | null,
    theme: 'system' as 'system' | 'light' | 'dark',
    on_quit: 'ask' as 'ask' | 'stop' | 'leave',
    onboarded: scenario !== 'empty',
  };
  const jobs = new Map<string, Job>();
  const modelEvents = new Channel<ModelEvent>();
  const jobEvents = new Channel<{ jobs: Job[] }>();
  const liveEvents = new Channel<LiveEvent>();
  const logEvents = new Channel<{ lines: LogLine[] }>();
  const os = implement(contract).use(async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      if (error instanceof AppError)
        throw new ORPCError(error.code, { status: error.status, message: error.message, data: error.data });
      throw error;
    }
  });

  const sendModel = (event: ModelEvent) => {
    modelEvents.send(event);
    liveEvents.send({ feed: 'models', event });
  };
  const sendJob = (job: Job) => {
    jobEvents.send({ jobs: [job] });
    liveEvents.send({ feed: 'jobs', jobs: [job] });
  };
  const change = (id: number, patch: Partial<Model>): Model => {
    const known = models.get(id);
    if (known === undefined) throw new AppError('not_found', { what: `Model ${id}` });
    const model = { ...known, ...patch };
    models.set(id, model);
    sendModel({ type: 'changed', model });
    return model;
  };
  const load = async (id: number) => {
    change(id, { state: 'starting', diagnosis: null, state_detail: null });
    for (let step = 0; step <= 10; step += 1) {
      await sleep(180);
      if (models.get(id)?.state === 'stopped') return;
      const progress = {
        stage: 'load' as const,
        phase: 'Loading weights',
        fraction: step / 10,
        eta_seconds: (10 - step) * 0.18,
      };
      change(id, { state: 'loading', progress });
    }
    const engine = MODELS[0]?.engine ?? null;
    change(id, { state: 'running', progress: null, engine, port: 41_234 });
  };
  const newJob = (type: Job['job_type'], title: string, step: string): Job => {
    const job: Job = {
      id: crypto.randomUUID(),
      status: 'queued',
      job_type: type,
      title,
      step,
      progress: 0,
      bytes_written: null,
      total_bytes: null,
      eta_seconds: null,
      error: null,
      result: null,
      started_at: now(),
      finished_at: null,
    };
    jobs.set(job.id, job);
    return job;
  };

  const runJob = async (job: Job) => {
    const total = 60;
    for (let step = 0; step <= total; step += 1) {
      const known = jobs.get(job.id);
      if (known === undefined || known.status === 'cancelled') return;
      const next: Job = {
        ...known,
        status: 'running',
        step:
          job.job_type === 'image_pull'
            ? `Downloading, ${Math.floor(step / 10)} of 6 layers done`
            : `Compiling llama-server: ${step} of ${total} files`,
        progress: step / total,
        eta_seconds: (total - step) * 0.1,
      };
      jobs.set(job.id, next);
      sendJob(next);
      await sleep(100);
    }
    if (job.job_type === 'engine_build_install') builds.push(BUILD);
    const done: Job = { ...job, status: 'completed', progress: 1, result: BUILD.id, finished_at: now() };
    jobs.set(job.id, done);
    sendJob(done);
  };

  return os.router({
    models: {
      list: os.models.list.handler(() => [...models.values()]),
      get: os.models.get.handler(({ input }) => change(input.id, {})),
      create: os.models.create.handler(({ input }) => {
        const { served_model_name: servedName } = input;
        if ([...models.values()].some((model) => model.served_model_name === servedName))
          throw new AppError('served_name_in_use', { servedName });
        const id = Math.max(0, ...models.keys()) + 1;
        const template = MODELS[2] as Model;
        const model = { ...template, ...input, id, created_at: now(), updated_at: now(), last_used_at: null } as Model;
        models.set(id, model);
        sendModel({ type: 'changed', model });
        return { id };
      }),
      update: os.models.update.handler(({ input: { id, ...patch } }) => {
        change(id, { ...(patch as Partial<Model>), updated_at: now() });
        return { status: 'ok', restart_required: true };
      }),
      remove: os.models.remove.handler(({ input }) => {
        models.delete(input.id);
        sendModel({ type: 'deleted', id: input.id });
        return { status: 'deleted', files_preserved: true, recipes_deleted: 0, note: 'Files stay.' };
      }),
      start: os.models.start.handler(async ({ input }) => {
        if (builds.length === 0) throw new AppError('no_engine_build', {});
        await load(input.id);
        return {
          status: 200 as const,
          body: { status: 'running', port: 41_234, container: null, error: null, diagnosis: null },
        };
      }),
      stop: os.models.stop.handler(({ input }) => {
        change(input.id, { state: 'stopped', engine: null, progress: null, port: null });
        return { status: 'stopped' };
      }),
      readiness: os.models.readiness.handler(() => ({ status: 'ready', detail: '' })),
      logs: os.models.logs.handler(() => LOG.map((line) => line.text).join('\n')),
      watchLogs: os.models.watchLogs.handler(async function* ({ signal }) {
        yield { lines: [...LOG] };
        yield* logEvents.follow(signal);
      }),
      watch: os.models.watch.handler(async function* ({ signal }) {
        yield { type: 'snapshot' as const, models: [...models.values()] };
        yield* modelEvents.follow(signal);
      }),
      previewCommand: os.models.previewCommand.handler(({ input }) => {
        const flags = FIELDS.flatMap((spec) => {
          const value: unknown = input[spec.name] ?? spec.default;
          return value === null || value === undefined || spec.flag === null ? [] : [spec.flag, JSON.stringify(value)];
        });
        return {
          command: ['llama-server', '-m', input.local_path ?? '', '--host', '127.0.0.1', ...flags, '--metrics'],
          warnings: [],
        };
      }),
    },
    library: {
      getBaseDir: os.library.getBaseDir.handler(() => ({ base_dir: '/srv/models' })),
      setBaseDir: os.library.setBaseDir.handler(({ input }) => input),
      localFolders: os.library.localFolders.handler(() => ['Qwen3-8B-GGUF', 'bge-m3', 'gemma-4-27b-it']),
      inspectFolder: os.library.inspectFolder.handler(({ input }) => ({
        has_gguf: input.folder !== '',
        has_safetensors: false,
        gguf_groups: input.folder === '' ? [] : GROUPS,
        safetensor_info: null,
        engine_recommendation: {
          recommended_engine: 'llamacpp' as const,
          recommended_format: 'gguf' as const,
          reason: '',
          has_multipart_gguf: true,
          has_safetensors: false,
          has_gguf: true,
        },
        gguf_validation: { total_files: 4, valid_files: 3, invalid_files: 1, errors: [] },
      })),
      folders: os.library.folders.handler(() => folders),
      addFolder: os.library.addFolder.handler(({ input }) => {
        if (!input.path.startsWith('/')) throw new AppError('path_not_absolute', { path: input.path });
        const folder = { path: input.path, base: false, exists: true };
        folders.push(folder);
        return folder;
      }),
      removeFolder: os.library.removeFolder.handler(({ input }) => {
        folders.splice(
          folders.findIndex((folder) => folder.path === input.path),
          1,
        );
        return { status: 'ok' };
      }),
    },
    engines: {
      spec: os.engines.spec.handler(() => [{ engine_type: 'llamacpp', fields: FIELDS }]),
      builds: os.engines.builds.handler(() => builds),
      available: os.engines.available.handler(({ input }) => [
        {
          source: input.source ?? 'carried',
          version: input.source === 'release' ? 'b10731' : 'v0.5.0',
          backend: 'vulkan',
          asset: input.source === 'release' ? 'llama-b10731-bin-ubuntu-vulkan-x64.tar.gz' : null,
          size_bytes: input.source === 'release' ? 38_000_000 : null,
          digest: null,
          installed: false,
          problem: null,
        },
      ]),
      install: os.engines.install.handler(() => {
        const job = newJob('engine_build_install', 'llama.cpp v0.5.0 (carried)', 'Preparing the sources');
        void runJob(job);
        return job;
      }),
      remove: os.engines.remove.handler(() => {
        builds.length = 0;
        return { status: 'ok' };
      }),
      setDefault: os.engines.setDefault.handler(() => ({ status: 'ok' })),
      images: os.engines.images.handler(() => images),
      pullImage: os.engines.pullImage.handler(({ input }) => {
        const job = newJob('image_pull', input.reference, 'Downloading');
        void runJob(job);
        return job;
      }),
      removeImage: os.engines.removeImage.handler(({ input }) => {
        const at = images.findIndex(({ reference }) => reference === input.reference);
        if (at >= 0) images.splice(at, 1);
        return { status: 'ok' };
      }),
    },
    jobs: {
      list: os.jobs.list.handler(() => [...jobs.values()]),
      get: os.jobs.get.handler(({ input }) => jobs.get(input.id) as Job),
      cancel: os.jobs.cancel.handler(({ input }) => {
        const job: Job = { ...(jobs.get(input.id) as Job), status: 'cancelled', finished_at: now() };
        jobs.set(job.id, job);
        sendJob(job);
        return job;
      }),
      watch: os.jobs.watch.handler(async function* ({ signal }) {
        yield { jobs: [...jobs.values()] };
        yield* jobEvents.follow(signal);
      }),
    },
    live: {
      watch: os.live.watch.handler(async function* ({ signal }) {
        yield { feed: 'models' as const, event: { type: 'snapshot' as const, models: [...models.values()] } };
        yield { feed: 'jobs' as const, jobs: [...jobs.values()] };
        yield { feed: 'docker' as const, status: DOCKER };
        yield* liveEvents.follow(signal);
      }),
    },
    keys: {
      list: os.keys.list.handler(() => keys),
      create: os.keys.create.handler(({ input }) => {
        const token = 'cortex_Zk3vXw81mPq0LrT5uYb2NcDe7FgHj9Sa';
        const id = keys.length + 1;
        keys.push({
          id,
          prefix: token.slice(0, 11),
          name: input.name,
          scopes: input.scopes.join(','),
          expires_at: typeof input.expires_at === 'number' ? input.expires_at : null,
          last_used_at: null,
          created_at: now(),
          disabled: false,
          user_id: null,
          org_id: null,
        });
        return { id, prefix: token.slice(0, 11), token };
      }),
      revoke: os.keys.revoke.handler(({ input }) => {
        keys.splice(
          keys.findIndex((key) => key.id === input.id),
          1,
        );
        return { status: 'ok' };
      }),
    },
    usage: {
      list: os.usage.list.handler(({ input }) =>
        (scenario === 'empty' ? [] : usageRows())
          .filter(
            (row) => input.status === undefined || String(row.status_code).startsWith(input.status.replace('xx', '')),
          )
          .filter((row) => input.model === undefined || row.model_name === input.model)
          .slice(input.offset, input.offset + input.limit),
      ),
    },
    playground: {
      chat: os.playground.chat.handler(async function* ({ signal }) {
        for (const piece of ANSWER.split(/(?<= )/)) {
          if (signal?.aborted === true) return;
          await sleep(12);
          yield { type: 'chunk' as const, chunk: { choices: [{ delta: { content: piece } }] } };
        }
        yield {
          type: 'done' as const,
          prompt_tokens: 24,
          completion_tokens: 212,
          ttft_ms: 145,
          latency_ms: 2730,
          tokens_per_second: 82.1,
        };
      }),
    },
    shell: {
      pickFolder: os.shell.pickFolder.handler(() => {
        throw new AppError('desktop_only', { action: 'Choosing a folder in a dialog', instead: 'type the path.' });
      }),
    },
    system: {
      info: os.system.info.handler(() => INFO),
      check: os.system.check.handler(() => ({ checked_at: now(), items: CHECK })),
      docker: os.system.docker.handler(() => DOCKER),
      settings: os.system.settings.handler(() => settings),
      updateSettings: os.system.updateSettings.handler(({ input }) => {
        settings = { ...settings, ...(input as Partial<typeof settings>) };
        return settings;
      }),
    },
  });
}
