import { implement } from '@orpc/server';
import { AppError } from '../contract/errors.ts';
import { contract } from '../contract/index.ts';
import type { LiveEvent } from '../contract/live.ts';
import type { ControlCenter } from '../core/control-center.ts';
import type { Actor } from '../core/ports/actor.ts';
import { merged } from '../core/services/merged-feed.ts';
import type { ApiHost, CallContext } from './context.ts';

type Call = { context: CallContext & { actor: Actor }; signal?: AbortSignal | undefined };

/** A call without a signal (none of ours) never ends early. */
const signalOf = (call: Call): AbortSignal => call.signal ?? new AbortController().signal;

async function* followAll({ models, jobs }: ControlCenter, signal: AbortSignal): AsyncGenerator<LiveEvent, void, void> {
  // The streams end with this reader, also when it leaves without a signal.
  const left = new AbortController();
  const until = AbortSignal.any([signal, left.signal]);
  async function* modelEvents(): AsyncGenerator<LiveEvent, void, void> {
    for await (const event of models.watch(until)) yield { feed: 'models', event };
  }
  async function* jobEvents(): AsyncGenerator<LiveEvent, void, void> {
    for await (const { jobs: changed } of jobs.watch(until)) yield { feed: 'jobs', jobs: changed };
  }
  try {
    yield* merged([modelEvents(), jobEvents()]);
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
      previewCommand: owner.models.previewCommand.handler(({ input }) => center.models.previewCommand(input)),
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
      removeFolder: owner.library.removeFolder.handler(async ({ input }) => {
        await center.library.removeFolder(input.path);
        return { status: 'ok' };
      }),
    },
    engines: {
      spec: owner.engines.spec.handler(({ input }) => center.models.engineSpecs(input.engine_type)),
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
      setDefault: owner.engines.setDefault.handler(async ({ input }) => {
        await center.engines.setDefault(input.id);
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
      settings: owner.system.settings.handler(() => center.settings.read()),
      updateSettings: owner.system.updateSettings.handler(({ input }) => center.settings.update(input)),
    },
  });
}
