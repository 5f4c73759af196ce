import type { EngineImage } from '../../src-main/contract/docker.ts';
import type { EngineBuild } from '../../src-main/contract/engines.ts';
import type { Job } from '../../src-main/contract/jobs.ts';
import type { LiveEvent } from '../../src-main/contract/live.ts';
import type { LogLine, Model, ModelEvent } from '../../src-main/contract/models.ts';
import { AppError } from '../../src-main/contract/errors.ts';
import { ANSWER, BUILD, CHECK, FOLDERS, GROUPS, INFO, KEYS, usageRows } from './admin-data.ts';
import { Channel } from './channel.ts';
import { exchangeRoutes, recipeRoutes, upstreamRoutes } from './admin-exchange.ts';
import { os } from './admin-implementer.ts';
import { logOf, MODELS } from './admin-models.ts';
import { changesOf, flagsOf, planOf, SPECS } from './admin-plan.ts';
import { DOCKER, IMAGES, NO_DOCKER, ORPHANS } from './admin-surroundings.ts';

/** What stays as it is when an image arrives. */
function pick(image: EngineImage | undefined): Partial<EngineImage> {
  if (image === undefined) return {};
  const { engine_type, models, is_default, version } = image;
  return { engine_type, models, is_default, version };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const now = () => Date.now() / 1000;

export type Scenario = 'empty' | 'full' | 'no-engine' | 'no-docker';

/** Test double: the admin API in memory, with invented models that load and answer at a watchable speed. */
export function fakeAdminApi(scenario: Scenario) {
  const models = new Map<number, Model>(scenario === 'empty' ? [] : MODELS.map((model) => [model.id, model]));
  const builds: EngineBuild[] = scenario === 'full' || scenario === 'no-docker' ? [BUILD] : [];
  /** What each model was started with. */
  const launched = new Map<number, Model>(models);
  const keys = scenario === 'empty' ? [] : [...KEYS];
  const folders = [...FOLDERS];
  const dockerReady = scenario === 'full' || scenario === 'no-engine';
  const docker = dockerReady ? DOCKER : NO_DOCKER;
  const images = dockerReady ? [...IMAGES] : [];
  const orphans = dockerReady ? [...ORPHANS] : [];
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
  const sendModel = (event: ModelEvent) => {
    modelEvents.send(event);
    liveEvents.send({ feed: 'models', event });
  };
  const sendJob = (job: Job) => {
    jobEvents.send({ jobs: [job] });
    liveEvents.send({ feed: 'jobs', jobs: [job] });
  };
  const modelOf = (id: number): Model => {
    const model = models.get(id);
    if (model === undefined) throw new AppError('not_found', { what: `Model ${id}` });
    return model;
  };
  const change = (id: number, patch: Partial<Model>): Model => {
    const model = { ...modelOf(id), ...patch };
    models.set(id, model);
    sendModel({ type: 'changed', model });
    return model;
  };
  const needDocker = () => {
    if (!dockerReady) throw new AppError('docker_unavailable', NO_DOCKER);
  };
  const load = async (id: number) => {
    launched.set(id, modelOf(id));
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
        ...(job.job_type === 'image_pull'
          ? {
              step: `Downloading, ${Math.floor(step / 10)} of 6 layers done`,
              bytes_written: step * 120_000_000,
              total_bytes: total * 120_000_000,
            }
          : { step: `Compiling llama-server: ${step} of ${total} files` }),
        progress: step / total,
        eta_seconds: (total - step) * 0.1,
      };
      jobs.set(job.id, next);
      sendJob(next);
      await sleep(100);
    }
    if (job.job_type === 'engine_build_install') builds.push(BUILD);
    const at = images.findIndex(({ reference }) => reference === job.title);
    const pulled = { ...(IMAGES[0] as EngineImage), reference: job.title, models: [], is_default: false };
    if (job.job_type === 'image_pull')
      images.splice(Math.max(0, at), at < 0 ? 0 : 1, { ...pulled, ...pick(images[at]) });
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
        return { id, converted: [] };
      }),
      update: os.models.update.handler(({ input: { id, ...patch } }) => {
        const { hf_token: token, ...rest } = patch;
        const kept = token === undefined ? {} : { hf_token_set: token !== null };
        const before = modelOf(id);
        const after = change(id, { ...(rest as Partial<Model>), ...kept, updated_at: now() });
        const restart = after.engine !== null && changesOf(before, after).some(({ needs_restart: needs }) => needs);
        return { status: 'ok', restart_required: restart, converted: [] };
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
      logs: os.models.logs.handler(({ input }) =>
        logOf(modelOf(input.id))
          .map((line) => line.text)
          .join('\n'),
      ),
      watchLogs: os.models.watchLogs.handler(async function* ({ input, signal }) {
        yield { lines: [...logOf(modelOf(input.id))] };
        yield* logEvents.follow(signal);
      }),
      watch: os.models.watch.handler(async function* ({ signal }) {
        yield { type: 'snapshot' as const, models: [...models.values()] };
        yield* modelEvents.follow(signal);
      }),
      apply: os.models.apply.handler(async ({ input: { id, ...patch } }) => {
        const before = modelOf(id);
        const after = change(id, { ...(patch as Partial<Model>), updated_at: now() });
        const changes = changesOf(before, after);
        const restarted = after.engine !== null && changes.some(({ needs_restart: needs }) => needs);
        if (restarted) await load(id);
        const { state, port } = modelOf(id);
        return { status: 'applied', changes, restarted, state, port, container: null, error: null };
      }),
      changes: os.models.changes.handler(({ input }) => {
        const model = modelOf(input.id);
        return model.engine === null ? [] : changesOf(launched.get(input.id) ?? model, model);
      }),
      dryRun: os.models.dryRun.handler(({ input: { id, ...patch } }) =>
        planOf({ ...modelOf(id), ...(patch as Partial<Model>) }, dockerReady),
      ),
      dryRunDraft: os.models.dryRunDraft.handler(({ input }) => planOf(input, dockerReady)),
      test: os.models.test.handler(async ({ input }) => {
        const model = modelOf(input.id);
        await sleep(300);
        const embed = model.task === 'embed';
        return {
          success: true,
          test_type: embed ? 'embedding' : 'chat',
          request: { model: model.served_model_name, messages: [{ role: 'user', content: 'Say hello in one word.' }] },
          response: { choices: [{ message: { role: 'assistant', content: 'Hello!' } }], usage: { total_tokens: 24 } },
          error: null,
          latency_ms: 312,
          timestamp: now(),
        };
      }),
      archive: os.models.archive.handler(({ input }) => {
        change(input.id, { archived: true });
        return { status: 'archived' };
      }),
      unarchive: os.models.unarchive.handler(({ input }) => {
        change(input.id, { archived: false });
        return { status: 'ok' };
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
          folders.findIndex((folder) => folder.path === input.query?.path),
          1,
        );
        return { status: 'ok' };
      }),
    },
    engines: {
      spec: os.engines.spec.handler(() => SPECS),
      flags: os.engines.flags.handler(({ input }) => flagsOf(input.engine_type, input.image ?? null)),
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
      images: os.engines.images.handler(() => {
        needDocker();
        return images;
      }),
      pullImage: os.engines.pullImage.handler(({ input }) => {
        const job = newJob('image_pull', input.reference, 'Downloading');
        void runJob(job);
        return job;
      }),
      removeImage: os.engines.removeImage.handler(({ input }) => {
        const at = images.findIndex(({ reference }) => reference === input.query.reference);
        const users = images[at]?.models ?? [];
        if (users.length > 0) throw new AppError('image_in_use', { reference: input.query.reference, users });
        if (at >= 0) images.splice(at, 1);
        return { status: 'ok' };
      }),
    },
    containers: {
      orphans: os.containers.orphans.handler(() => orphans),
      remove: os.containers.remove.handler(() => {
        orphans.length = 0;
        return { status: 'ok' };
      }),
    },
    exchange: exchangeRoutes(modelOf),
    recipes: recipeRoutes(modelOf, scenario === 'empty'),
    upstreams: upstreamRoutes(scenario === 'empty'),
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
        yield { feed: 'docker' as const, status: docker };
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
      docker: os.system.docker.handler(() => docker),
      settings: os.system.settings.handler(() => settings),
      updateSettings: os.system.updateSettings.handler(({ input }) => {
        settings = { ...settings, ...(input as Partial<typeof settings>) };
        return settings;
      }),
    },
  });
}
