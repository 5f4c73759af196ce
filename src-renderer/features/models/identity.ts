import type { FieldSpec } from '#contract/engines.ts';
import type { FieldValue, Model, Runtime } from '#contract/models.ts';
import { fieldProblem, isSet, type FieldValues } from './field-values.ts';

/** What a model is beside the fields of its engine, as far as it may be changed. */
export const IDENTITY = [
  'name',
  'served_model_name',
  'runtime',
  'task',
  'local_path',
  'repo_id',
  'engine_build_id',
  'engine_image',
] as const;
type IdentityName = (typeof IDENTITY)[number];

export const IDENTITY_LABELS: Readonly<Record<IdentityName, string>> = {
  name: 'Name',
  served_model_name: 'Served name',
  runtime: 'Runtime',
  task: 'Task',
  local_path: 'Files',
  repo_id: 'Model on the hub',
  engine_build_id: 'Engine build',
  engine_image: 'Image',
};

/** What follows from a name in clients' requests, or from where an engine runs, needs another start. */
const HARMLESS: ReadonlySet<string> = new Set(['name']);

export function isIdentity(name: string): name is IdentityName {
  return IDENTITY.some((known) => known === name);
}

export function identityNeedsRestart(name: string): boolean {
  return isIdentity(name) && !HARMLESS.has(name);
}

export function identityOf(model: Model): Readonly<Record<string, FieldValue>> {
  return Object.fromEntries(IDENTITY.map((name) => [name, model[name]]));
}

/** Stands for the token, which is never read back: true while one is kept. */
export function keptToken(model: Model): { readonly hf_token: true | null } {
  return { hf_token: model.hf_token_set ? true : null };
}

/** The fields that mean something where the model runs; one that is set is shown in any case. */
export function fieldsFor(specs: readonly FieldSpec[], runtime: Runtime, values: FieldValues): readonly FieldSpec[] {
  return specs.filter((spec) => spec.runtime === null || spec.runtime === runtime || isSet(values[spec.name]));
}

/** The fields whose values could not be sent as they stand. */
export function wrongFields(specs: readonly FieldSpec[], values: FieldValues): readonly string[] {
  return specs.filter((spec) => fieldProblem(spec, values[spec.name]) !== null).map(({ name }) => name);
}
