import type { z } from 'zod';
import { AppError, type Issue } from '../../../contract/errors.ts';
import { Model, ModelCreate, ModelPatch, type Runtime } from '../../../contract/models.ts';
import { validateConfiguration } from '../../../domain/engine/field-table.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { ModelRecord, ModelSettings } from '../../store/models.ts';
import { createIssues, patchIssues } from './read-only-keys.ts';

/** What an input means depends on. */
export interface InputContext {
  /** Seals a secret for the database. */
  readonly seal: (text: string) => string;
  /** Taken where a new model names no runtime. */
  readonly runtime: Runtime;
}

/** Keys of an input that are neither a model's own nor fields of its engine. */
const WRITE_ONLY = new Set(['hf_token']);

/** The configuration fields in an input: what is no key of a model itself. */
function fieldsOf(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).filter(([key]) => !Object.hasOwn(Model.shape, key) && !WRITE_ONLY.has(key)),
  );
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  throw new AppError('validation_failed', { issues });
}

function refuse(issues: readonly Issue[]): void {
  if (issues.length > 0) throw new AppError('validation_failed', { issues });
}

export interface ReadSettings {
  readonly settings: ModelSettings;
  readonly issues: readonly Issue[];
  /** What an older configuration said in other words, each in a sentence. */
  readonly notes: readonly Issue[];
}

/** A new model as it will be stored, and what is wrong with it. Throws AppError for what cannot be kept at all. */
export function readCreate(input: unknown, context: InputContext): ReadSettings {
  const given = parse(ModelCreate, input);
  const settings: ModelSettings = {
    name: given.name,
    servedModelName: given.served_model_name,
    engineType: given.engine_type,
    runtime: given.runtime ?? context.runtime,
    mode: given.mode,
    task: given.task,
    localPath: given.local_path ?? null,
    repoId: given.repo_id ?? null,
    engineBuildId: given.engine_build_id ?? null,
    engineImage: given.engine_image ?? null,
    engineDigest: given.engine_digest ?? null,
    sealedHubToken: sealed(given.hf_token, context) ?? null,
    fields: {},
    archived: false,
  };
  const { table } = driverOf(settings.engineType);
  const { fields, issues, notes } = validateConfiguration(table, settings.task, fieldsOf(given));
  return {
    settings: { ...settings, fields },
    issues: [...sourceIssues(settings), ...createIssues(given, table), ...issues],
    notes,
  };
}

/** As `readCreate`, but every issue refuses. */
export function readValidCreate(input: unknown, context: InputContext): ReadSettings {
  const read = readCreate(input, context);
  refuse(read.issues);
  return read;
}

/** Undefined where nothing is said, null where it is to be forgotten. */
function sealed(token: string | null | undefined, { seal }: InputContext): string | null | undefined {
  return typeof token === 'string' ? seal(token) : token;
}

function sourceIssues(settings: ModelSettings): Issue[] {
  if (settings.mode === 'offline') {
    return settings.localPath === null
      ? [{ field: 'local_path', message: 'is needed: the file or folder of the model' }]
      : [];
  }
  if (settings.engineType === 'llamacpp') {
    return [{ field: 'mode', message: 'llama.cpp takes files from the library; use "offline" with a local_path' }];
  }
  if (settings.repoId === null) {
    return [{ field: 'repo_id', message: 'is needed: the model on the hub, like "Qwen/Qwen3-8B"' }];
  }
  return /^[\w.-]+(\/[\w.-]+)?$/.test(settings.repoId)
    ? []
    : [{ field: 'repo_id', message: 'write it like "Qwen/Qwen3-8B": owner, slash, name' }];
}

const FIXED = { engine_type: 'engineType', mode: 'mode' } as const;

/**
 * A stored model with a patch laid over it: null clears a field, what is left out stays. Where `shown` is given, what
 * nobody sets must stand in the patch as it stands there.
 */
export function readPatch(
  model: ModelRecord,
  input: unknown,
  context: InputContext,
  shown: Model | null = null,
): Omit<ReadSettings, 'issues'> {
  const patch = parse(ModelPatch, input);
  const { table } = driverOf(model.engineType);
  refuse([...fixedIssues(model, patch), ...(shown === null ? [] : patchIssues(patch, shown, table))]);
  const settings: ModelSettings = {
    name: patch.name ?? model.name,
    servedModelName: patch.served_model_name ?? model.servedModelName,
    engineType: model.engineType,
    runtime: patch.runtime ?? model.runtime,
    mode: model.mode,
    task: patch.task ?? model.task,
    localPath: patch.local_path === undefined ? model.localPath : patch.local_path,
    repoId: patch.repo_id === undefined ? model.repoId : patch.repo_id,
    engineBuildId: patch.engine_build_id === undefined ? model.engineBuildId : patch.engine_build_id,
    engineImage: patch.engine_image === undefined ? model.engineImage : patch.engine_image,
    engineDigest: patchedDigest(model, patch),
    sealedHubToken: patch.hf_token === undefined ? model.sealedHubToken : (sealed(patch.hf_token, context) ?? null),
    fields: {},
    archived: patch.archived ?? model.archived,
  };
  // Old names are rewritten before the merge: "no_mmap" must replace a stored load mode.
  const migrated = table.migrate(fieldsOf(patch));
  const merged = { ...model.fields, ...migrated.fields };
  const { fields, issues } = validateConfiguration(table, settings.task, merged);
  refuse([...sourceIssues(settings), ...issues]);
  return { settings: { ...settings, fields }, notes: migrated.notes };
}

/** Another image is not the one that the digest belongs to. */
function patchedDigest(model: ModelRecord, patch: ModelPatch): string | null {
  const isOther = patch.engine_image !== undefined && patch.engine_image !== model.engineImage;
  // A client may send a model back whole, with the digest it was shown.
  const given = patch.engine_digest === undefined ? model.engineDigest : patch.engine_digest;
  return isOther && given === model.engineDigest ? null : given;
}

function fixedIssues(model: ModelRecord, patch: Readonly<Record<string, unknown>>): Issue[] {
  return Object.entries(FIXED)
    .filter(([key, property]) => patch[key] !== undefined && patch[key] !== model[property])
    .map(([field]) => ({ field, message: 'cannot be changed; create another model' }));
}
