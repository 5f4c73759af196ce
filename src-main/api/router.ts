import { implement } from '@orpc/server';
import { AppError } from '../contract/errors.ts';
import { contract } from '../contract/index.ts';
import type { LiveEvent } from '../contract/live.ts';
import type { ControlCenter } from '../core/control-center.ts';
import type { Actor } from '../core/ports/actor.ts';
import { watchDocker } from '../core/services/docker/watch-docker.ts';
import { merged } from '../core/services/merged-feed.ts';
import type { ApiHost, CallContext } from './context.ts';

type Call = { context: CallContext & { actor: Actor }; signal?: AbortSignal | undefined };

/** A call without a signal (none of ours) never ends early. */
const signalOf = (call: Call): AbortSignal => call.signal ?? new AbortController().signal;

async function* followAll(
  { models, jobs, containers }: ControlCenter,
  signal: AbortSignal,
): AsyncGenerator<LiveEvent, void, void> {
  // The streams end with this reader, also when it leaves without a signal.
  const left = new AbortController();
  const until = AbortSignal.any([signal, left.signal]);
  async function* modelEvents(): AsyncGenerator<LiveEvent, void, void> {
    for await (const event of models.watch(until)) yield { feed: 'models', event };
  }
  async function* jobEvents(): AsyncGenerator<LiveEvent, void, void> {
    for await (const { jobs: changed } of jobs.watch(until)) yield { feed: 'jobs', jobs: changed };
  }
  async function* dockerEvents(): AsyncGenerator<LiveEvent, void, void> {
    for await (const status of watchDocker(containers, until)) yield { feed: 'docker', status };
  }
  try {
    yield* merged([modelEvents(), jobEvents(), dockerEvents()]);
  } finally {
    left.abort();
  }
}

/** The contract, answered by the control center. The first line of defence is here: no route below it runs without an owner. */
export function createRouter(host: ApiHost) {
  const { center } = host;
  const owner = implement(contract)
    .$context<CallContext>()
    .use(({ context, next }) => {
      const { actor } = context;
      if (actor?.kind !== 'owner') throw new AppError('unauthenticated', {});
      return next({ context: { actor } });
    });

  return owner.router({
    models: {
      list: owner.models.list.handler(() => center.models.list()),
      get: owner.models.get.handler(({ input }) => center.models.get(input.id)),
      create: owner.models.create.handler(({ input }) => center.models.create(input)),
      update: owner.models.update.handler(async ({ input: { id, ...patch } }) => ({
        status: 'ok',
        ...(await center.models.update(id, patch)),
      })),
      remove: owner.models.remove.handler(async ({ input }) => {
        await center.models.remove(input.id);
        return {
          status: 'deleted',
          files_preserved: true,
          recipes_deleted: 0,
          note: 'The model files on disk were not touched.',
        };
      }),
      start: owner.models.start.handler(async ({ input }) => {
        const body = await center.supervisor.start(input.id);
        const settled = body.status === 'running' || body.status === 'failed' || body.status === 'stopped';
        return settled ? { status: 200, body } : { status: 202, body };
      }),
      stop: owner.models.stop.handler(async ({ input }) => {
        await center.supervisor.stop(input.id);
        return { status: 'stopped' };
      }),
      readiness: owner.models.readiness.handler(({ input }) => center.supervisor.readiness(input.id)),
      logs: owner.models.logs.handler(({ input }) =>
        input.diagnose ? center.supervisor.diagnosedLogs(input.id) : center.supervisor.logs(input.id),
      ),
      watchLogs: owner.models.watchLogs.handler((call) => center.supervisor.watchLogs(call.input.id, signalOf(call))),
      watch: owner.models.watch.handler((call) => center.models.watch(signalOf(call))),
      apply: owner.models.apply.handler(({ input: { id, ...patch } }) => center.models.apply(id, patch)),
      changes: owner.models.changes.handler(({ input }) => center.models.changes(input.id)),
      dryRun: owner.models.dryRun.handler((call) => {
        const { id, ...patch } = call.input;
        return center.models.dryRun(id, patch, signalOf(call));
      }),
      dryRunDraft: owner.models.dryRunDraft.handler((call) => center.models.dryRunDraft(call.input, signalOf(call))),
      test: owner.models.test.handler((call) => center.models.test(call.input.id, signalOf(call))),
      archive: owner.models.archive.handler(async ({ input }) => {
        await center.models.archive(input.id, true);
        return { status: 'archived' };
      }),
      unarchive: owner.models.unarchive.handler(async ({ input }) => {
        await center.models.archive(input.id, false);
        return { status: 'ok' };
      }),
    },
    library: {
      getBaseDir: owner.library.getBaseDir.handler(() => ({ base_dir: center.library.baseDir() })),
      setBaseDir: owner.library.setBaseDir.handler(async ({ input }) => ({
        base_dir: await center.library.setBaseDir(input.base_dir),
      })),
      localFolders: owner.library.localFolders.handler(({ input }) => center.library.localFolders(input.base)),
      inspectFolder: owner.library.inspectFolder.handler(({ input }) =>
        center.library.inspectFolder(input.base, input.folder),
      ),
      folders: owner.library.folders.handler(() => center.library.folders()),
      addFolder: owner.library.addFolder.handler(({ input }) => center.library.addFolder(input.path)),
      removeFolder: owner.library.removeFolder.handler(async ({ input: { query, body } }) => {
        const path = query?.path ?? body?.path;
        if (path === undefined) {
          throw new AppError('validation_failed', {
            issues: [{ field: 'path', message: 'name the folder to remove' }],
          });
        }
        await center.library.removeFolder(path);
        return { status: 'ok' };
      }),
    },
    engines: {
      spec: owner.engines.spec.handler(({ input }) => center.models.engineSpecs(input.engine_type)),
      flags: owner.engines.flags.handler((call) =>
        center.models.engineFlags(call.input.engine_type, call.input.image ?? null, signalOf(call)),
      ),
      builds: owner.engines.builds.handler(() => center.engines.list()),
      available: owner.engines.available.handler((call) => center.engines.available(call.input.source, signalOf(call))),
      install: owner.engines.install.handler(({ input, context }) => {
        // Whoever can reach the port must not be able to name a program to run: the dialog of the window can.
        if (input.source === 'path' && context.transport !== 'window') {
          throw new AppError('desktop_only', {
            action: 'Adding your own llama-server',
            instead: 'start the program with --llama-server PATH.',
          });
        }
        return center.engines.install(input);
      }),
      remove: owner.engines.remove.handler(async ({ input }) => {
        await center.engines.remove(input.id);
        return { status: 'ok' };
      }),
      images: owner.engines.images.handler((call) => center.images.list(signalOf(call))),
      pullImage: owner.engines.pullImage.handler(({ input }) => center.images.pull(input.reference)),
      removeImage: owner.engines.removeImage.handler(async (call) => {
        await center.images.remove(call.input.query.reference, signalOf(call));
        return { status: 'ok' };
      }),
      setDefault: owner.engines.setDefault.handler(async ({ input }) => {
        await center.engines.setDefault(input.id);
        return { status: 'ok' };
      }),
    },
    containers: {
      orphans: owner.containers.orphans.handler((call) => center.supervisor.orphans(signalOf(call))),
      remove: owner.containers.remove.handler(async (call) => {
        await center.supervisor.removeOrphan(call.input.id, signalOf(call));
        return { status: 'ok' };
      }),
    },
    jobs: {
      list: owner.jobs.list.handler(() => center.jobs.list()),
      get: owner.jobs.get.handler(({ input }) => center.jobs.get(input.id)),
      cancel: owner.jobs.cancel.handler(({ input }) => center.jobs.cancel(input.id)),
      watch: owner.jobs.watch.handler((call) => center.jobs.watch(signalOf(call))),
    },
    keys: {
      list: owner.keys.list.handler(({ input }) => center.keys.list(input)),
      create: owner.keys.create.handler(({ input }) => center.keys.create(input)),
      revoke: owner.keys.revoke.handler(({ input }) => {
        center.keys.revoke(input.id);
        return { status: 'ok' };
      }),
    },
    usage: { list: owner.usage.list.handler(({ input }) => center.usage.list(input)) },
    upstreams: {
      list: owner.upstreams.list.handler(() => center.upstreams.list()),
      refresh: owner.upstreams.refresh.handler((call) => center.upstreams.refresh(call.input?.urls, signalOf(call))),
      registry: owner.upstreams.registry.handler(() => center.upstreams.registry()),
      add: owner.upstreams.add.handler(({ input }) => {
        center.upstreams.add(input);
        return { status: 'ok' };
      }),
      remove: owner.upstreams.remove.handler(({ input: { query, body } }) => {
        const { served_name: servedName, url } = { ...body, ...query };
        if (servedName === undefined || servedName === '') {
          const message = 'name the entry to remove';
          throw new AppError('validation_failed', { issues: [{ field: 'served_name', message }] });
        }
        center.upstreams.remove(servedName, url ?? null);
        return { status: 'ok' };
      }),
      removeNamed: owner.upstreams.removeNamed.handler(({ input: { params, query, body } }) => {
        center.upstreams.remove(params.served_name, query?.url ?? body?.url ?? null);
        return { status: 'ok' };
      }),
    },
    exchange: {
      export: owner.exchange.export.handler((call) =>
        center.exchange.export(call.input.id, call.input.format, signalOf(call)),
      ),
      parse: owner.exchange.parse.handler(({ input }) => center.exchange.parse(input.text)),
    },
    recipes: {
      list: owner.recipes.list.handler(({ input: { q, engine_type: engineType, limit, offset } }) =>
        center.recipes.list({ q: q ?? null, engineType: engineType ?? null, limit, offset }),
      ),
      get: owner.recipes.get.handler(({ input }) => center.recipes.get(input.id)),
      create: owner.recipes.create.handler(({ input }) => center.recipes.create(input)),
      fromModel: owner.recipes.fromModel.handler(({ input: { model_id: modelId, ...words } }) =>
        center.recipes.fromModel(modelId, words),
      ),
      update: owner.recipes.update.handler(({ input: { id, ...patch } }) => center.recipes.update(id, patch)),
      remove: owner.recipes.remove.handler(({ input }) => {
        center.recipes.remove(input.id);
        return { status: 'ok' };
      }),
    },
    playground: {
      chat: owner.playground.chat.handler((call) =>
        host.playground(call.input, call.context.actor, call.context.requestId, signalOf(call)),
      ),
    },
    live: {
      watch: owner.live.watch.handler((call) => followAll(center, signalOf(call))),
    },
    shell: {
      pickFolder: owner.shell.pickFolder.handler(async ({ context }) => {
        if (!host.pickFolder || context.transport !== 'window') {
          throw new AppError('desktop_only', { action: 'A native folder dialog', instead: 'type the path.' });
        }
        return { path: await host.pickFolder() };
      }),
    },
    system: {
      info: owner.system.info.handler(() => host.info()),
      check: owner.system.check.handler(() => center.system.check()),
      docker: owner.system.docker.handler((call) =>
        center.containers.status(signalOf(call), call.input.refresh ? 0 : undefined),
      ),
      settings: owner.system.settings.handler(() => center.settings.read()),
      updateSettings: owner.system.updateSettings.handler(({ input }) => center.settings.update(input)),
    },
  });
}
