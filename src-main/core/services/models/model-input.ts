import type { z } from 'zod';
import { AppError, type Issue } from '../../../contract/errors.ts';
import { Model, ModelCreate, ModelPatch } from '../../../contract/models.ts';
import {
  changedFields,
  needsRestart as rowNeedsRestart,
  validateConfiguration,
  type FieldTable,
} from '../../../domain/engine/field-table.ts';
import type { ModelRecord, ModelSettings } from '../../store/models.ts';
import { driverFor } from '../supervisor/launch-plan.ts';
import { createIssues, patchIssues } from './read-only-keys.ts';

/** The configuration fields in an input: what is no key of a model itself. */
function fieldsOf(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([key]) => !Object.hasOwn(Model.shape, key)));
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

/** A new model as it will be stored, and what is wrong with its fields. Throws AppError for what cannot be kept at all. */
export function readCreate(input: unknown): { settings: ModelSettings; issues: readonly Issue[] } {
  const given = parse(ModelCreate, input);
  const settings: ModelSettings = {
    name: given.name,
    servedModelName: given.served_model_name,
    engineType: given.engine_type,
    runtime: given.runtime ?? 'process',
    mode: given.mode,
    task: given.task,
    localPath: given.local_path ?? null,
    repoId: given.repo_id ?? null,
    engineBuildId: given.engine_build_id ?? null,
    engineImage: given.engine_image ?? null,
    engineDigest: given.engine_digest ?? null,
    sealedHubToken: null,
    fields: {},
    archived: false,
  };
  const { table } = driverFor(settings);
  const { fields, issues } = validateConfiguration(table, settings.task, fieldsOf(given));
  return {
    settings: { ...settings, fields },
    issues: [...sourceIssues(settings), ...createIssues(given, table), ...issues],
  };
}

/** As `readCreate`, but every issue refuses. */
export function readValidCreate(input: unknown): ModelSettings {
  const { settings, issues } = readCreate(input);
  refuse(issues);
  return settings;
}

function sourceIssues(settings: ModelSettings): Issue[] {
  if (settings.engineType === 'llamacpp' && settings.mode === 'online') {
    return [{ field: 'mode', message: 'llama.cpp takes files from the library; use "offline" with a local_path' }];
  }
  if (settings.localPath === null)
    return [{ field: 'local_path', message: 'is needed: the file or folder of the model' }];
  return [];
}

const FIXED = { engine_type: 'engineType', mode: 'mode' } as const;

/**
 * A stored model with a patch laid over it: null clears a field, what is left out stays. Where `shown` is given, what
 * nobody sets must stand in the patch as it stands there.
 */
export function readPatch(model: ModelRecord, input: unknown, shown: Model | null = null): ModelSettings {
  const patch = parse(ModelPatch, input);
  const { table: ownTable } = driverFor(model);
  refuse([...fixedIssues(model, patch), ...(shown === null ? [] : patchIssues(patch, shown, ownTable))]);
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
    engineDigest: patch.engine_digest === undefined ? model.engineDigest : patch.engine_digest,
    sealedHubToken: model.sealedHubToken,
    fields: {},
    archived: patch.archived ?? model.archived,
  };
  const { table } = driverFor(settings);
  const given = fieldsOf(patch);
  // Old names are rewritten before the merge: "no_mmap" must replace a stored load mode.
  const merged = { ...model.fields, ...table.migrate(given).fields };
  const { fields, issues } = validateConfiguration(table, settings.task, merged);
  refuse([...sourceIssues(settings), ...issues]);
  return { ...settings, fields };
}

function fixedIssues(model: ModelRecord, patch: Readonly<Record<string, unknown>>): Issue[] {
  return Object.entries(FIXED)
    .filter(([key, property]) => patch[key] !== undefined && patch[key] !== model[property])
    .map(([field]) => ({ field, message: 'cannot be changed; create another model' }));
}

/**
 * Whether a running engine must be started again for the change to count in full. A new served name is routed at once, but
 * the engine's answers carry the one it was started with.
 */
export function needsRestart(table: FieldTable, before: ModelSettings, after: ModelSettings): boolean {
  return (
    before.servedModelName !== after.servedModelName ||
    before.localPath !== after.localPath ||
    before.task !== after.task ||
    before.runtime !== after.runtime ||
    before.engineBuildId !== after.engineBuildId ||
    changedFields(table, before.fields, after.fields).some(rowNeedsRestart)
  );
}
