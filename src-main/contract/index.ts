import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import { ApiKey, ApiKeyCreate, ApiKeyCreated } from './access.ts';
import { DockerStatus, EngineImage } from './docker.ts';
import { AvailableBuild, EngineBuild, EngineFlags, EngineSpec, InstallBuild } from './engines.ts';
import { OrphanContainer } from './docker.ts';
import {
  ApplyAnswer,
  ConfigChange,
  Conversion,
  DryRun,
  Exported,
  ExportFormat,
  ModelTest,
  ParsedConfiguration,
} from './dry-run.ts';
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
import { Recipe, RecipeCreate, RecipeFromModel, RecipePatch, RecipeQuery } from './recipes.ts';
import { ProgramInfo, Settings, SettingsPatch, SystemCheck } from './system.ts';
import { HealthRefresh, Registry, RegistryAdd, RegistryRemoval, Upstreams } from './upstreams.ts';
import { UsageQuery, UsageRow } from './usage.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A route whose input is one flat object: path parameters and query of a GET or DELETE, path parameters and body otherwise. */
function route(method: Method, path: `/${string}`, tag: string, summary: string) {
  return oc.route({ method, path, tags: [tag], summary });
}

const Id = z.object({ id: z.coerce.number().int() });
const FolderNamed = z.object({ path: z.string().min(1).optional() });
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
      .output(z.object({ id: z.number().int(), converted: z.array(Conversion) })),
    update: route('PATCH', '/admin/models/{id}', 'Models', 'Change a model')
      .input(z.looseObject({ ...Id.shape, ...ModelPatch.shape }))
      .output(z.object({ status: z.literal('ok'), restart_required: z.boolean(), converted: z.array(Conversion) })),
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
    apply: route(
      'POST',
      '/admin/models/{id}/apply',
      'Models',
      'Save what is given, and restart it where that is needed',
    )
      .input(z.looseObject({ ...Id.shape, ...ModelPatch.shape }))
      .output(ApplyAnswer),
    changes: route('GET', '/admin/models/{id}/changes', 'Models', 'What differs between what runs and what is stored')
      .input(Id)
      .output(z.array(ConfigChange)),
    dryRun: route('POST', '/admin/models/{id}/dry-run', 'Models', 'What a start would do, with a patch laid over it')
      .input(z.looseObject({ ...Id.shape, ...ModelPatch.shape }))
      .output(DryRun),
    dryRunDraft: route('POST', '/admin/models/dry-run', 'Models', 'What a start of an unsaved model would do')
      .input(ModelCreate)
      .output(DryRun),
    test: route('POST', '/admin/models/{id}/test', 'Models', 'One real chat or embedding').input(Id).output(ModelTest),
    archive: route('POST', '/admin/models/{id}/archive', 'Models', 'Put a stopped model aside')
      .input(Id)
      .output(z.object({ status: z.literal('archived') })),
    unarchive: route('POST', '/admin/models/{id}/unarchive', 'Models', 'Take it back')
      .input(Id)
      .output(z.object({ status: z.literal('ok') })),
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
    removeFolder: oc
      .route({
        method: 'DELETE',
        path: '/admin/library/folders',
        tags: ['Library'],
        summary: 'Remove a library folder, named in the query or the body; its files stay',
        inputStructure: 'detailed',
      })
      .input(z.object({ query: FolderNamed.optional(), body: FolderNamed.optional() }))
      .output(Ok),
  },
  engines: {
    spec: route('GET', '/admin/engines/spec', 'Engines', 'The field table')
      .input(z.object({ engine_type: EngineType.optional() }))
      .output(z.array(EngineSpec)),
    flags: route(
      'GET',
      '/admin/engines/flags',
      'Engines',
      'The flags that one image, or the plain program, really knows',
    )
      .input(z.object({ engine_type: EngineType, image: z.string().min(1).optional() }))
      .output(EngineFlags),
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
    images: route(
      'GET',
      '/admin/engines/images',
      'Engines',
      'Images that engines run from, here or named by a model',
    ).output(z.array(EngineImage)),
    pullImage: route('POST', '/admin/engines/images/pull', 'Engines', 'Download an image, as a job')
      .input(z.object({ reference: z.string().trim().min(1).max(512) }))
      .output(Job),
    removeImage: oc
      .route({
        method: 'DELETE',
        path: '/admin/engines/images',
        tags: ['Engines'],
        summary: 'Remove an image from this machine, named in the query',
        inputStructure: 'detailed',
      })
      .input(z.object({ query: z.object({ reference: z.string().trim().min(1).max(512) }) }))
      .output(Ok),
    setDefault: route('POST', '/admin/engines/builds/{id}/default', 'Engines', 'Make a build the default')
      .input(z.object({ id: z.string() }))
      .output(Ok),
  },
  containers: {
    orphans: route('GET', '/admin/containers', 'Containers', 'Containers of ours that belong to no model').output(
      z.array(OrphanContainer),
    ),
    remove: route('DELETE', '/admin/containers/{id}', 'Containers', 'Stop and remove one of them')
      .input(z.object({ id: z.string().min(1) }))
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
  upstreams: {
    list: route('GET', '/admin/upstreams', 'Upstreams', 'How every server is, and the registry').output(Upstreams),
    refresh: route(
      'POST',
      '/admin/upstreams/refresh-health',
      'Upstreams',
      'Ask the named servers, or all, how they are',
    )
      .input(z.object({ urls: z.array(z.string()).optional() }).optional())
      .output(HealthRefresh),
    registry: route('GET', '/admin/models/registry', 'Upstreams', 'Who answers for each served name').output(Registry),
    add: route('POST', '/admin/models/registry', 'Upstreams', 'Let a server answer for a served name')
      .input(RegistryAdd)
      .output(Ok),
    remove: oc
      .route({
        method: 'DELETE',
        path: '/admin/models/registry',
        tags: ['Upstreams'],
        summary: 'Remove the servers of a name, named in the query or the body',
        inputStructure: 'detailed',
      })
      .input(z.object({ query: RegistryRemoval.optional(), body: RegistryRemoval.optional() }))
      .output(Ok),
    removeNamed: oc
      .route({
        method: 'DELETE',
        path: '/admin/models/registry/{+served_name}',
        tags: ['Upstreams'],
        summary: 'Remove the servers of a name',
        inputStructure: 'detailed',
      })
      .input(
        z.object({
          params: z.object({ served_name: z.string() }),
          query: RegistryRemoval.pick({ url: true }).optional(),
          body: RegistryRemoval.pick({ url: true }).optional(),
        }),
      )
      .output(Ok),
  },
  exchange: {
    export: route('GET', '/admin/models/{id}/export', 'Exchange', 'A model’s configuration as others run it')
      .input(z.object({ ...Id.shape, format: ExportFormat }))
      .output(Exported),
    parse: route('POST', '/admin/models/parse', 'Exchange', 'A pasted command or configuration as a draft of a model')
      .input(z.strictObject({ text: z.string().min(1).max(262_144) }))
      .output(ParsedConfiguration),
  },
  recipes: {
    list: route('GET', '/admin/recipes', 'Recipes', 'Saved configurations, newest first')
      .input(RecipeQuery)
      .output(z.array(Recipe)),
    get: route('GET', '/admin/recipes/{id}', 'Recipes', 'One of them').input(Id).output(Recipe),
    create: route('POST', '/admin/recipes', 'Recipes', 'Save a configuration').input(RecipeCreate).output(Recipe),
    fromModel: route('POST', '/admin/recipes/from-model/{model_id}', 'Recipes', 'Save the configuration of a model')
      .input(RecipeFromModel.extend({ model_id: z.coerce.number().int() }))
      .output(Recipe),
    update: route('PATCH', '/admin/recipes/{id}', 'Recipes', 'Rename it, or describe it anew')
      .input(RecipePatch.extend(Id.shape))
      .output(Recipe),
    remove: route('DELETE', '/admin/recipes/{id}', 'Recipes', 'Delete it').input(Id).output(Ok),
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
      'Models, jobs and the container engine in one stream: everything once, then what changes',
    ).output(eventIterator(LiveEvent)),
  },
  system: {
    info: route('GET', '/admin/system/info', 'System', 'This program: version, data directory, endpoint').output(
      ProgramInfo,
    ),
    check: route('GET', '/admin/system/check', 'System', 'The first-run check').output(SystemCheck),
    docker: route('GET', '/admin/system/docker', 'System', 'The container engine: what runs, or what is missing')
      .input(z.object({ refresh: z.boolean().default(false) }))
      .output(DockerStatus),
    settings: route('GET', '/admin/settings', 'System', 'Settings').output(Settings),
    updateSettings: route('PATCH', '/admin/settings', 'System', 'Change settings')
      .input(SettingsPatch)
      .output(Settings),
  },
};
