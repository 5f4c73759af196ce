import type { EngineName } from '../engine/field-table.ts';
import { adaptersIn } from '../engine/adapters.ts';
import { readDockerRun, type DockerRun, type PastedMount } from './docker-arguments.ts';
import { shown, TOKEN_TAKEN, type Conversion, type Draft, type Dropped, type Parsed } from './draft.ts';
import { EngineArguments } from './engine-arguments.ts';
import { DIALECTS } from './engine-dialects.ts';
import { readShellLine, type ShellWord } from './shell-words.ts';
import { isWindowsLine, readWindowsLine } from './windows-words.ts';

/** Words that only say how a command is run. */
const WRAPPERS = new Set(['sudo', 'exec', 'env', 'nohup', 'time', 'command']);
const ASSIGNMENT = /^(?<key>[A-Za-z_][A-Za-z0-9_]*)=(?<value>[\s\S]*)$/;
const NOT_A_COMMAND =
  'is none of: a "docker run" line, a "vllm serve" line, a "llama-server" line, a Cortex configuration';

interface Program {
  readonly kind: 'docker' | EngineName;
  /** What stands behind the program and its subcommand. */
  readonly rest: readonly string[];
}

const PROMPT = /(?:\s*#[^\n]*\n)*\s*(?:\$\s+|(?:(?:PS\s+)?[A-Z]:\\[^>\n]*>\s*)?(?:&\s+)?)/;
const PREFIXES = /(?:(?:sudo|exec|env|nohup|time|command|\w+=\S*)\s+)*/;
const FOLDER = /(?:"[^"\n]*[/\\]|'[^'\n]*[/\\]|["']|(?:[A-Z]:)?[^\s:"']*[/\\])?/;
const PROGRAM = /(?:docker|podman|nerdctl|vllm|llama-server|python[\d.]*)(?:\.exe)?["']?(?:\s|$)/;
const COMMAND = new RegExp(`^${PROMPT.source}${PREFIXES.source}${FOLDER.source}${PROGRAM.source}`, 'i');

/** Whether a text begins as one of the commands that are understood; the rest of it may still be wrong. */
export function looksLikeCommand(source: string): boolean {
  return COMMAND.test(source);
}

/** Reads a pasted command line as the draft of a model. Nothing of it is run, and nothing of it gets lost unsaid. */
export function readPastedCommand(source: string): Parsed {
  const line = isWindowsLine(source) ? readWindowsLine(source) : readShellLine(source);
  if ('message' in line) return { message: `The text ${line.message}.` };
  const { variables, words } = withoutPrefixes(line.words);
  const program = programOf(words);
  if (!program) return { message: `The text ${NOT_A_COMMAND}.` };
  const unknown = unknownVariables(line.words);
  if (program.kind !== 'docker') {
    const draft = readEngine(program.kind, program.rest, variables);
    return { ...draft, dropped: [...draft.dropped, ...unknown] };
  }
  const run = readDockerRun(program.rest);
  if ('message' in run) return { message: `The "docker run" line ${run.message}.` };
  const draft = readContainer(run);
  return 'message' in draft ? draft : { ...draft, dropped: [...draft.dropped, ...unknown] };
}

function withoutPrefixes(words: readonly ShellWord[]) {
  const variables: [string, string][] = [];
  let at = 0;
  for (; at < words.length; at += 1) {
    const { text } = words[at] ?? { text: '' };
    const pair = ASSIGNMENT.exec(text)?.groups;
    if (pair) variables.push([pair['key'] ?? '', pair['value'] ?? '']);
    else if (!WRAPPERS.has(text)) break;
  }
  return { variables, words: words.slice(at).map(({ text }) => text) };
}

/** The words keep their variables as they are written: a person must put in what the shell would have. */
function unknownVariables(words: readonly ShellWord[]): Dropped[] {
  return words
    .filter(({ hasVariable }) => hasVariable)
    .map(({ text }) => ({
      text: ASSIGNMENT.test(text) ? shown((ASSIGNMENT.exec(text)?.groups ?? {})['key'] ?? '', ['']) : text,
      reason: 'holds a variable or "~" that only the shell it was written for knows; put in what it stands for',
    }));
}

function programOf(words: readonly string[]): Program | null {
  const [first = '', ...rest] = words;
  const name =
    first
      .split(/[/\\]/)
      .at(-1)
      ?.replace(/\.exe$/i, '') ?? '';
  if (/^(?:docker|podman|nerdctl)$/.test(name)) {
    const behind = rest[0] === 'container' ? rest.slice(1) : rest;
    return behind[0] === 'run' || behind[0] === 'create' ? { kind: 'docker', rest: behind.slice(1) } : null;
  }
  const engine = engineProgram(words);
  return engine && { kind: engine.engine, rest: engine.rest };
}

/** The engine a command starts, and the arguments behind it; null where it starts none. */
function engineProgram(words: readonly string[]): { engine: EngineName; rest: readonly string[] } | null {
  const [first = '', ...rest] = words;
  const name =
    first
      .split(/[/\\]/)
      .at(-1)
      ?.replace(/\.exe$/i, '') ?? '';
  if (name === 'llama-server') return { engine: 'llamacpp', rest };
  if (name === 'vllm') return rest[0] === 'serve' ? { engine: 'vllm', rest: rest.slice(1) } : null;
  const isModule =
    /^python(?:\d(?:\.\d+)?)?$/.test(name) && rest[0] === '-m' && rest[1]?.startsWith('vllm.entrypoints.') === true;
  return isModule ? { engine: 'vllm', rest: rest.slice(2) } : null;
}

function readEngine(
  engine: EngineName,
  words: readonly string[],
  variables: readonly (readonly [string, string])[],
): Draft {
  const read = new EngineArguments(DIALECTS[engine]);
  const own: Record<string, unknown> = engine === 'llamacpp' ? { runtime: 'process' } : {};
  readVariables(read, variables, own);
  read.read(words);
  return draftOf(engine, engine === 'vllm' ? 'vllm' : 'llama-server', read, own, []);
}

/** The hub's token is the model's own; which GPUs are seen is a field. */
function readVariables(
  read: EngineArguments,
  variables: readonly (readonly [string, string])[],
  own: Record<string, unknown>,
): void {
  for (const [key, value] of variables) {
    const isToken = key === 'HF_TOKEN' || key === 'HUGGING_FACE_HUB_TOKEN';
    if (isToken && !/^\*+$|\$|^$/.test(value)) own['hf_token'] = value;
    else if (isToken) read.dropped.push({ text: `${key}=***`, reason: 'give the token to the model itself' });
    else if (key === 'CUDA_VISIBLE_DEVICES' && value !== '') read.fields['selected_gpus'] = value.split(',');
    else read.readVariable(key, value);
  }
}

function readContainer(run: DockerRun): Parsed {
  const started = startedBy(run);
  if (!started) {
    return {
      message: `The image "${run.image}" and its arguments do not tell which engine it holds; vLLM and llama.cpp are understood.`,
    };
  }
  const read = new EngineArguments(DIALECTS[started.engine]);
  const own: Record<string, unknown> = { runtime: 'container', ...imageOf(run.image) };
  Object.assign(read.fields, run.fields);
  read.conversions.push(...run.conversions);
  read.dropped.push(...run.dropped);
  if (started.entrypoint) read.fields['entrypoint_override'] = started.entrypoint;
  readVariables(read, run.env, own);
  read.read(started.rest);
  const draft = draftOf(started.engine, 'docker-run', read, own, run.mounts);
  return run.name === null ? draft : { ...draft, draft: { ...draft.draft, name: run.name } };
}

function imageOf(reference: string): Record<string, unknown> {
  const at = reference.indexOf('@sha256:');
  return at < 0
    ? { engine_image: reference }
    : { engine_image: reference.slice(0, at), engine_digest: reference.slice(at + 1) };
}

/** Which engine a container starts, by its program, its image or its arguments. */
function startedBy(
  run: DockerRun,
): { engine: EngineName; rest: readonly string[]; entrypoint: string[] | null } | null {
  const whole = run.entrypoint === null ? run.command : [run.entrypoint, ...run.command];
  const program = engineProgram(whole);
  if (program) return { ...program, entrypoint: null };
  const named = /vllm/i.test(run.image)
    ? 'vllm'
    : /llama/i.test(run.image)
      ? 'llamacpp'
      : engineOfArguments(run.command);
  if (named === null) return null;
  const entrypoint = run.entrypoint === null ? null : [run.entrypoint];
  // `vllm` as the image's entrypoint, and llama.cpp's image of everything, have a word before the flags.
  const [first] = run.command;
  const isSubcommand = first === 'serve' || (named === 'llamacpp' && (first === '--server' || first === '-s'));
  return { engine: named, rest: isSubcommand ? run.command.slice(1) : run.command, entrypoint };
}

function engineOfArguments(words: readonly string[]): EngineName | null {
  if (words.some((word) => /\.gguf$/i.test(word)) || words.includes('-ngl')) return 'llamacpp';
  return words.includes('--served-model-name') || words.includes('--tensor-parallel-size') ? 'vllm' : null;
}

function draftOf(
  engine: EngineName,
  source: Draft['source'],
  read: EngineArguments,
  own: Readonly<Record<string, unknown>>,
  mounts: readonly PastedMount[],
): Draft {
  const paths = new MountedPaths(mounts);
  const model = read.model === null ? {} : modelSource(engine, read.model, paths);
  for (const row of DIALECTS[engine].table.rows) {
    const value = read.fields[row.name];
    if (row.isPath && typeof value === 'string') read.fields[row.name] = paths.onHost(value, row.name);
  }
  const { lora_adapters_json: adapters } = read.fields;
  if (typeof adapters === 'string') read.fields['lora_adapters_json'] = adaptersOnHost(adapters, paths);
  const servedName = read.servedName ?? (read.model === null ? null : nameOf(read.model));
  const names = servedName === null ? {} : { name: servedName, served_model_name: servedName };
  const runner = read.fields['runner'] === 'pooling' ? { task: 'embed' } : {};
  return {
    source,
    draft: { ...names, engine_type: engine, ...own, ...model, ...runner, ...read.own, ...read.fields },
    conversions: [
      ...read.conversions,
      ...paths.conversions,
      ...('hf_token' in own || 'hf_token' in read.own ? [TOKEN_TAKEN] : []),
    ],
    dropped: [...read.dropped, ...paths.unused()],
  };
}

/** A path is a file of this machine; "org/name" is a name on the hub, for the engine that can fetch it. */
function modelSource(engine: EngineName, model: string, paths: MountedPaths): Record<string, unknown> {
  const isHubName = engine === 'vllm' && /^[\w.-]+\/[\w.-]+$/.test(model) && !model.endsWith('.gguf');
  return isHubName
    ? { mode: 'online', repo_id: model }
    : { mode: 'offline', local_path: paths.onHost(model, 'local_path') };
}

/** A served name that is allowed, from the last part of a path or of a name on the hub. */
function nameOf(model: string): string {
  const last = model.split(/[/\\]/).findLast((part) => part !== '') ?? model;
  const name = last
    .replace(/(?:-\d{5}-of-\d{5})?\.gguf$/i, '')
    .replaceAll(/[^A-Za-z0-9._:/@+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return name === '' ? 'model' : name;
}

function adaptersOnHost(source: string, paths: MountedPaths): string {
  return JSON.stringify(
    adaptersIn(source).map(({ path, scale, name }) => ({
      path: paths.onHost(path, 'lora_adapters_json'),
      ...(scale === null ? {} : { scale }),
      ...(name === null ? {} : { name }),
    })),
  );
}

/** Paths inside a container as paths of this machine, by the mounts of its command line. */
class MountedPaths {
  readonly conversions: Conversion[] = [];
  readonly #mounts: readonly PastedMount[];
  readonly #used = new Set<PastedMount>();

  constructor(mounts: readonly PastedMount[]) {
    this.#mounts = mounts.toSorted((a, b) => b.target.length - a.target.length);
  }

  onHost(path: string, field: string): string {
    const mount = this.#mounts.find(({ target }) => `${path}/`.startsWith(`${target.replace(/\/+$/, '')}/`));
    if (!mount) return path;
    this.#used.add(mount);
    const inside = path.slice(mount.target.replace(/\/+$/, '').length);
    const outside = mount.source.replace(/[/\\]+$/, '') + inside;
    if (outside !== path) this.conversions.push({ field, message: `${path} in the container is ${outside} here` });
    return outside;
  }

  unused(): Dropped[] {
    return this.#mounts
      .filter((mount) => !this.#used.has(mount))
      .map(({ source, target }) => ({
        text: `-v ${source}:${target}`,
        reason: 'only the files of the model are mounted; caches are kept by the program',
      }));
  }
}
