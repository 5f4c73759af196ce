import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import { ApiKey, ApiKeyCreate, ApiKeyCreated } from './access.ts';
import { AvailableBuild, CommandPreview, EngineBuild, EngineSpec, InstallBuild } from './engines.ts';
import { Job } from './jobs.ts';
import { LiveEvent } from './live.ts';
import { FolderInspection, LibraryFolder } from './library.ts';
import {
  DiagnosedLogs,
  EngineType,
  LogLine,
  Model,
  ModelCreate,
  ModelEvent,
  ModelPatch,
  Readiness,
  StartAnswer,
} from './models.ts';
import { PlaygroundEvent, PlaygroundRequest } from './playground.ts';
import { ProgramInfo, Settings, SettingsPatch, SystemCheck } from './system.ts';
import { UsageQuery, UsageRow } from './usage.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A route whose input is one flat object: path parameters and query of a GET or DELETE, path parameters and body otherwise. */
function route(method: Method, path: `/${string}`, tag: string, summary: string) {
  return oc.route({ method, path, tags: [tag], summary });
}

const Id = z.object({ id: z.coerce.number().int() });
const Ok = z.object({ status: z.literal('ok') });

/**
 * The control plane: all that the renderer, the REST admin API, the OpenAPI document and the tests know of the core.
 * Paths and shapes are the seed's; what the seed does not have stands beside it.
 */
export const contract = {
  models: {
    list: route('GET', '/admin/models', 'Models', 'List stored models').output(z.array(Model)),
    get: route('GET', '/admin/models/{id}', 'Models', 'One model').input(Id).output(Model),
    create: route('POST', '/admin/models', 'Models', 'Create a model')
      .input(ModelCreate)
      .output(z.object({ id: z.number().int() })),
    update: route('PATCH', '/admin/models/{id}', 'Models', 'Change a model')
      .input(z.looseObject({ ...Id.shape, ...ModelPatch.shape }))
      .output(z.object({ status: z.literal('ok'), restart_required: z.boolean() })),
    remove: route('DELETE', '/admin/models/{id}', 'Models', 'Delete a model; its files stay')
      .input(Id)
      .output(
        z.object({
          status: z.literal('deleted'),
          files_preserved: z.literal(true),
          recipes_deleted: z.number().int(),
          note: z.string(),
        }),
      ),
    start: oc
      .route({
        method: 'POST',
        path: '/admin/models/{id}/start',
        tags: ['Models'],
        summary: 'Start a model; 202 while it still loads after 30 s',
        outputStructure: 'detailed',
      })
      .input(Id)
      .output(
        z.union([
          z.object({ status: z.literal(200), body: StartAnswer }),
          z.object({ status: z.literal(202), body: StartAnswer }),
        ]),
      ),
    stop: route('POST', '/admin/models/{id}/stop', 'Models', 'Stop a model')
      .input(Id)
      .output(z.object({ status: z.literal('stopped') })),
    readiness: route('GET', '/admin/models/{id}/readiness', 'Models', 'Is it ready to answer?')
      .input(Id)
      .output(Readiness),
    logs: route('GET', '/admin/models/{id}/logs', 'Models', 'Recent log lines; with diagnose=true, why it failed')
      .input(z.object({ ...Id.shape, diagnose: z.boolean().default(false) }))
      .output(z.union([z.string(), DiagnosedLogs])),
    watchLogs: route('GET', '/admin/models/{id}/logs/watch', 'Models', 'Log lines as they come, the kept ones first')
      .input(Id)
      .output(eventIterator(z.object({ lines: z.array(LogLine) }))),
    watch: route('GET', '/admin/models/watch', 'Models', 'Every model once, then what changes').output(
      eventIterator(ModelEvent),
    ),
    previewCommand: route('POST', '/admin/models/preview-command', 'Models', 'The command an unsaved draft would run')
      .input(ModelCreate)
      .output(CommandPreview),
  },
  library: {
    getBaseDir: route('GET', '/admin/models/base-dir', 'Library', 'The models base directory').output(
      z.object({ base_dir: z.string() }),
    ),
    setBaseDir: route('PUT', '/admin/models/base-dir', 'Library', 'Set the models base directory')
      .input(z.object({ base_dir: z.string().min(1) }))
      .output(z.object({ base_dir: z.string() })),
    localFolders: route(
      'GET',
      '/admin/models/local-folders',
      'Library',
      'Sub-folders of the base directory, or of a library folder',
    )
      .input(z.object({ base: z.string().optional() }))
      .output(z.array(z.string())),
    inspectFolder: route('GET', '/admin/models/inspect-folder', 'Library', 'What is in a folder')
      .input(z.strictObject({ base: z.string().optional(), folder: z.string().default('') }))
      .output(FolderInspection),
    folders: route('GET', '/admin/library/folders', 'Library', 'Folders models may lie in').output(
      z.array(LibraryFolder),
    ),
    addFolder: route('POST', '/admin/library/folders', 'Library', 'Add a library folder')
      .input(z.object({ path: z.string().min(1) }))
      .output(LibraryFolder),
    removeFolder: route('DELETE', '/admin/library/folders', 'Library', 'Remove a library folder; its files stay')
      .input(z.object({ path: z.string().min(1) }))
      .output(Ok),
  },
  engines: {
    spec: route('GET', '/admin/engines/spec', 'Engines', 'The field table')
      .input(z.object({ engine_type: EngineType.optional() }))
      .output(z.array(EngineSpec)),
    builds: route('GET', '/admin/engines/builds', 'Engines', 'Installed engine builds').output(z.array(EngineBuild)),
    available: route('GET', '/admin/engines/available', 'Engines', 'Builds that can be installed')
      .input(z.object({ source: z.enum(['carried', 'release']).optional() }))
      .output(z.array(AvailableBuild)),
    install: route('POST', '/admin/engines/builds', 'Engines', 'Install an engine build, as a job')
      .input(InstallBuild)
      .output(Job),
    remove: route('DELETE', '/admin/engines/builds/{id}', 'Engines', 'Remove an engine build')
      .input(z.object({ id: z.string() }))
      .output(Ok),
    setDefault: route('POST', '/admin/engines/builds/{id}/default', 'Engines', 'Make a build the default')
      .input(z.object({ id: z.string() }))
      .output(Ok),
  },
  jobs: {
    list: route('GET', '/admin/jobs', 'Jobs', 'Jobs, newest first').output(z.array(Job)),
    get: route('GET', '/admin/jobs/{id}', 'Jobs', 'One job')
      .input(z.object({ id: z.string() }))
      .output(Job),
    cancel: route('DELETE', '/admin/jobs/{id}', 'Jobs', 'Cancel a running job')
      .input(z.object({ id: z.string() }))
      .output(Job),
    watch: route('GET', '/admin/jobs/watch', 'Jobs', 'Every job once, then each as it changes').output(
      eventIterator(z.object({ jobs: z.array(Job) })),
    ),
  },
  keys: {
    list: route('GET', '/admin/keys', 'Keys', 'API keys, without their tokens')
      .input(
        z.object({
          include_disabled: z.boolean().default(false),
          q: z.string().optional(),
          sort: z.string().optional(),
          org_id: z.number().int().optional(),
          user_id: z.number().int().optional(),
        }),
      )
      .output(z.array(ApiKey)),
    create: route('POST', '/admin/keys', 'Keys', 'Create a key; its token is shown once')
      .input(ApiKeyCreate)
      .output(ApiKeyCreated),
    revoke: route('DELETE', '/admin/keys/{id}', 'Keys', 'Revoke a key').input(Id).output(Ok),
  },
  usage: {
    list: route('GET', '/admin/usage', 'Usage', 'Requests, newest first').input(UsageQuery).output(z.array(UsageRow)),
  },
  playground: {
    chat: route('POST', '/admin/playground/chat', 'Playground', 'A chat through the metered pipeline, without a key')
      .input(PlaygroundRequest)
      .output(eventIterator(PlaygroundEvent)),
  },
  shell: {
    pickFolder: route(
      'POST',
      '/admin/shell/pick-folder',
      'Desktop',
      'Ask for a folder in a native dialog; desktop window only',
    )
      .input(z.object({}))
      .output(z.object({ path: z.string().nullable() })),
  },
  live: {
    watch: route(
      'GET',
      '/admin/live/watch',
      'Live',
      'Models and jobs in one stream: everything once, then what changes',
    ).output(eventIterator(LiveEvent)),
  },
  system: {
    info: route('GET', '/admin/system/info', 'System', 'This program: version, data directory, endpoint').output(
      ProgramInfo,
    ),
    check: route('GET', '/admin/system/check', 'System', 'The first-run check').output(SystemCheck),
    settings: route('GET', '/admin/settings', 'System', 'Settings').output(Settings),
    updateSettings: route('PATCH', '/admin/settings', 'System', 'Change settings')
      .input(SettingsPatch)
      .output(Settings),
  },
};
