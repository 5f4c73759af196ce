import type { EngineImage } from '#contract/docker.ts';
import type { GgufGroup, LibraryFolder } from '#contract/library.ts';
import type { EngineType, FieldPatch, FieldValue, Model, ModelCreate, Runtime, Task } from '#contract/models.ts';
import { isFieldValue, setValues, type FieldValues } from './field-values.ts';

/** A folder as the program names it: a library folder and a path below it, '' for itself. */
export interface Place {
  readonly base: string;
  readonly folder: string;
}

const withoutEnd = (path: string) => (path.length > 1 ? path.replace(/[/\\]+$/, '') : path);

/** Where an absolute path lies within the library, the innermost folder first; null outside. */
export function placeInLibrary(path: string, folders: readonly LibraryFolder[]): Place | null {
  const wanted = withoutEnd(path.trim());
  const holders = folders
    .map((folder) => withoutEnd(folder.path))
    .filter((base) => wanted === base || wanted.startsWith(`${base}/`) || wanted.startsWith(`${base}\\`))
    .sort((left, right) => right.length - left.length);
  const base = holders[0];
  return base === undefined ? null : { base, folder: wanted.slice(base.length + 1) };
}

/** Whether a group can be started as a model of its own. */
export function isStartable(group: GgufGroup): boolean {
  return group.status === 'ready' && group.kind === 'model';
}

const KINDS = {
  model: 'A model',
  projector: 'A projector for images: it belongs to a model',
  adapter: 'An adapter (LoRA): it belongs to a model',
  vocabulary: 'Only a vocabulary, without weights',
} as const;

/** Why a group cannot be started, or null. */
export function unstartableReason(group: GgufGroup): string | null {
  if (group.problem !== null) return group.problem;
  if (group.kind !== 'model') return `${KINDS[group.kind]}.`;
  if (group.status === 'incomplete') return 'Parts of this model are missing.';
  return group.status === 'invalid' ? 'This file cannot be read as GGUF.' : null;
}

/** "Qwen3-8B-Q4_K_M.gguf" or "..-00001-of-00003.gguf" without ending and part number. */
function stem(file: string): string {
  return (file.split(/[/\\]/).at(-1) ?? file).replace(/\.gguf$/i, '').replace(/-\d{5}-of-\d{5}$/, '');
}

/** A name for people, from the file's own metadata where it has one. */
export function suggestName(group: GgufGroup): string {
  const base = group.metadata?.name?.trim() ?? '';
  const name = base === '' ? stem(group.files[0] ?? group.quant_type) : base;
  const quant = group.quant_type;
  return name.toLowerCase().includes(quant.toLowerCase()) || quant === '' ? name : `${name} ${quant}`;
}

/** The served name that follows from a name: lower case, dashes, free of what the contract refuses. */
export function servedNameFrom(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9._:/@+-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
}

/** A served name not yet taken: the wanted one, or with -2, -3 ... */
export function freeServedName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted}-${number}`)) number += 1;
  return `${wanted}-${number}`;
}

/** A model that is not saved yet, without its names. */
export interface Draft {
  readonly engine: EngineType;
  /** Null until somebody chooses: what this machine has then decides. */
  readonly runtime: Runtime | null;
  readonly mode: Model['mode'];
  readonly task: Task;
  readonly localPath: string | null;
  readonly repoId: string | null;
  readonly token: string | null;
  readonly buildId: string | null;
  readonly image: string | null;
  readonly digest: string | null;
  readonly values: FieldValues;
}

export interface DraftNames {
  readonly name: string;
  readonly served: string;
}

/** A draft with all that its creation takes. */
export interface DraftView {
  readonly draft: Draft;
  readonly names: DraftNames;
  readonly runtime: Runtime;
  /** The file it is made from, where it was read. */
  readonly group: GgufGroup | null;
}

const BLANK: Draft = {
  engine: 'llamacpp',
  runtime: null,
  mode: 'offline',
  task: 'generate',
  localPath: null,
  repoId: null,
  token: null,
  buildId: null,
  image: null,
  digest: null,
  values: {},
};

export function draftOfGroup(group: GgufGroup): Draft {
  return { ...BLANK, task: group.task, localPath: group.path };
}

/** A folder of safetensors, as vLLM takes it. */
export function draftOfFolder({ base, folder }: Place): Draft {
  return { ...BLANK, engine: 'vllm', localPath: folder === '' ? base : `${withoutEnd(base)}/${folder}` };
}

export function draftOfHub(repoId: string, token: string | null): Draft {
  return { ...BLANK, engine: 'vllm', mode: 'online', repoId, token };
}

/** Keys of a configuration that are neither fields of an engine nor kept with the draft. */
const NAMES = ['name', 'served_model_name', 'hf_token'] as const;

const textOrNull = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);

/** A configuration that was pasted or kept as a recipe; what it does not say is left to be filled in. */
export function draftOfConfiguration(configuration: Readonly<Record<string, unknown>>): Draft {
  const {
    engine_type,
    runtime,
    mode,
    task,
    local_path,
    repo_id,
    engine_build_id,
    engine_image,
    engine_digest,
    ...rest
  } = configuration;
  const fields = Object.entries(rest).filter(([name]) => !NAMES.some((known) => known === name));
  return {
    engine: engine_type === 'vllm' ? 'vllm' : 'llamacpp',
    runtime: runtime === 'process' || runtime === 'container' ? runtime : null,
    mode:
      mode === 'online' || (mode === undefined && textOrNull(local_path) === null && textOrNull(repo_id) !== null)
        ? 'online'
        : 'offline',
    task: task === 'embed' ? 'embed' : 'generate',
    localPath: textOrNull(local_path),
    repoId: textOrNull(repo_id),
    token: textOrNull(configuration['hf_token']),
    buildId: textOrNull(engine_build_id),
    image: textOrNull(engine_image),
    digest: textOrNull(engine_digest),
    values: Object.fromEntries(fields.filter((entry): entry is [string, FieldValue] => isFieldValue(entry[1]))),
  };
}

/** Whether it says where its weights come from. */
export function hasSource(draft: Draft): boolean {
  return (draft.mode === 'online' ? draft.repoId : draft.localPath) !== null;
}

/** A name for people from where the weights come from: the last part of a path or of a hub id. */
export function nameFromSource(draft: Draft): string {
  const source = draft.mode === 'online' ? draft.repoId : draft.localPath;
  return source === null ? '' : stem(withoutEnd(source));
}

/** The model to create. A dry run takes a stand-in for names that are still empty. */
export function createInput(draft: Draft, names: DraftNames, runtime: Runtime): ModelCreate {
  const contained = runtime === 'container';
  return {
    ...setValues(draft.values),
    name: names.name.trim() === '' ? 'Unnamed' : names.name.trim(),
    served_model_name: names.served === '' ? 'unnamed' : names.served,
    engine_type: draft.engine,
    runtime,
    mode: draft.mode,
    task: draft.task,
    ...(draft.mode === 'online' ? { repo_id: draft.repoId } : { local_path: draft.localPath }),
    ...(draft.buildId === null || contained ? {} : { engine_build_id: draft.buildId }),
    ...(draft.image === null || !contained ? {} : { engine_image: draft.image }),
    ...(draft.digest === null || !contained ? {} : { engine_digest: draft.digest }),
    ...(draft.token === null ? {} : { hf_token: draft.token }),
  };
}

export interface MachineState {
  readonly dockerReady: boolean;
  readonly images: readonly EngineImage[];
}

/** Where an engine runs when nobody says: in a container where its image is there, else as what could run at once. */
export function runtimeOf(draft: Draft, { dockerReady, images }: MachineState): Runtime {
  if (draft.runtime !== null) return draft.runtime;
  const here = images.some((image) => image.is_default && image.present && image.engine_type === draft.engine);
  if (dockerReady && here) return 'container';
  return draft.engine === 'llamacpp' ? 'process' : 'container';
}

/** Lays the patch of a fix over a draft: its own keys where they are, the rest among the fields. */
export function patchDraft(draft: Draft, patch: FieldPatch): Draft {
  const { runtime, engine_image: image, engine_digest: digest, engine_build_id: build, task, ...fields } = patch;
  const own = (value: FieldValue | undefined, before: string | null) =>
    value === undefined ? before : textOrNull(value);
  return {
    ...draft,
    runtime: runtime === 'process' || runtime === 'container' ? runtime : draft.runtime,
    task: task === 'embed' || task === 'generate' ? task : draft.task,
    image: own(image, draft.image),
    digest: own(digest, draft.digest),
    buildId: own(build, draft.buildId),
    values: { ...draft.values, ...fields },
  };
}

/** Whoever copies the address of a model's page means the model. */
export function repoIdFrom(text: string): string {
  const path = text.trim().replace(/^https?:\/\/(www\.)?(huggingface\.co|hf\.co)\//, '');
  return path === text.trim()
    ? path
    : path
        .split('/')
        .slice(0, 2)
        .join('/')
        .replace(/[?#].*$/, '');
}
