import type { GgufGroup, LibraryFolder } from '#contract/library.ts';
import type { ModelCreate } from '#contract/models.ts';
import { setValues, type FieldValues } from './field-values.ts';

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

export interface DraftParts {
  readonly group: GgufGroup;
  readonly name: string;
  readonly servedName: string;
  readonly buildId: string | null;
  readonly values: FieldValues;
}

/** The model to create. The command preview takes a stand-in for names that are still empty. */
export function draftModel({ group, name, servedName, buildId, values }: DraftParts): ModelCreate {
  return {
    ...setValues(values),
    name: name.trim() === '' ? 'Unnamed' : name.trim(),
    served_model_name: servedName === '' ? 'unnamed' : servedName,
    engine_type: 'llamacpp',
    runtime: 'process',
    mode: 'offline',
    task: group.task,
    local_path: group.path,
    ...(buildId === null ? {} : { engine_build_id: buildId }),
  };
}
