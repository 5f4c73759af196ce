import type { DescribedFlag } from './driver.ts';
import { z } from 'zod';
import type { FieldIssue, FieldRow, FieldValues } from './field-table.ts';
import { isFlag, normalizeFlag, type KnownFlags } from './known-flags.ts';
import { unknownFlagSentence } from './rendering.ts';
import { requestRefusal } from './request-flags.ts';

/**
 * Flags and environment of the owner's own: what the field table does not have yet. The shape is Cortex's, so that its
 * exports can be read. What could open the engine to others, read or write files, or undo what the program relies on is
 * refused, in every spelling the engine accepts.
 */

const ARGS = 'engine_startup_args_json';
const ENV = 'engine_startup_env_json';

const CustomArgument = z.object({
  flag: z.string().min(1),
  type: z.enum(['string', 'int', 'float', 'bool', 'flag', 'string_list', 'list']).default('string'),
  value: z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]).optional(),
});
const CustomVariable = z.object({ key: z.string().min(1), value: z.string() });
export type CustomArgument = z.infer<typeof CustomArgument>;
export type CustomVariable = z.infer<typeof CustomVariable>;

/** What one engine does not take from its owner. */
export interface CustomPolicy {
  /** argparse takes every unambiguous beginning of a long flag, and a value glued to a short one. */
  readonly spelling: 'exact' | 'argparse';
  /** Why a flag is refused, by spelling. */
  readonly refused: ReadonlyMap<string, string>;
  /** Prefixes of families that new versions extend. */
  readonly families: readonly (readonly [RegExp, string])[];
  /** The only flags that take several values; null where the engine itself refuses a value too many. */
  readonly lists: ReadonlySet<string> | null;
  /** Names of variables that are refused, beside `REFUSED_VARIABLES`. */
  readonly variables: RegExp;
}

/** `reason: flags` pairs as a map by flag. */
export function refusedFlags(reasons: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(reasons).flatMap(([reason, flags]) =>
      flags.split(' ').map((flag): [string, string] => [flag, reason]),
    ),
  );
}

export const PROGRAM_SETS = 'is set by the program itself';
export const FILES = 'reads or writes files outside the library';
export const REACH = 'would let the engine reach or serve more than this model';
export const ENDS = 'makes the engine print something and end';

type Parsed<T> = { readonly items: readonly T[] } | { readonly message: string };

/** Reads `engine_startup_args_json`. */
export function parseCustomArguments(source: string): Parsed<CustomArgument> {
  return parseList(source, z.array(CustomArgument), '[{"flag": "--keep", "type": "int", "value": 64}]');
}

/** Reads `engine_startup_env_json`. */
export function parseCustomEnvironment(source: string): Parsed<CustomVariable> {
  return parseList(source, z.array(CustomVariable), '[{"key": "NAME", "value": "text"}]');
}

function parseList<T>(source: string, schema: z.ZodType<T[]>, example: string): Parsed<T> {
  const parsed = schema.safeParse(valueOf(source));
  return parsed.success ? { items: parsed.data } : { message: `must be a list like ${example}` };
}

/** Null for what is no JSON. */
function valueOf(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return null;
  }
}

/** What is wrong with the owner's own flags and variables. */
export function customIssues(fields: FieldValues, rows: readonly FieldRow[], policy: CustomPolicy): FieldIssue[] {
  const owners = flagOwners(rows);
  const variables = variableOwners(rows);
  const issue = (field: string) => (message: string | null) => (message === null ? [] : [{ field, message }]);
  return [
    ...argumentsOf(fields).flatMap((argument) => issue(ARGS)(refuseArgument(argument, policy, owners))),
    ...variablesOf(fields).flatMap((variable) => issue(ENV)(refuseVariable(variable, policy, variables))),
    ...repeated(variablesOf(fields).map(({ key }) => key)).map((key) => ({
      field: ENV,
      message: `names ${key} twice`,
    })),
  ];
}

function repeated(keys: readonly string[]): string[] {
  return [...new Set(keys.filter((key, at) => keys.indexOf(key) !== at))];
}

function argumentsOf(fields: FieldValues): readonly CustomArgument[] {
  const source = fields[ARGS];
  const parsed = typeof source === 'string' ? parseCustomArguments(source) : { items: [] };
  return 'items' in parsed ? parsed.items : [];
}

function variablesOf(fields: FieldValues): readonly CustomVariable[] {
  const source = fields[ENV];
  const parsed = typeof source === 'string' ? parseCustomEnvironment(source) : { items: [] };
  return 'items' in parsed ? parsed.items : [];
}

/** The field that each flag already has: setting it twice would leave one of them unheard. */
export function flagOwners(rows: readonly FieldRow[]): ReadonlyMap<string, string> {
  return new Map(rows.flatMap((row) => row.spellings.map((flag): [string, string] => [flag, row.name])));
}

function variableOwners(rows: readonly FieldRow[]): ReadonlyMap<string, string> {
  return new Map(
    rows.flatMap((row) => Object.keys(row.variables(true)).map((key): [string, string] => [key, row.name])),
  );
}

/** Why a custom argument is refused; null when it is not. `owners` names the field that already has a flag. */
export function refuseArgument(
  argument: CustomArgument,
  policy: CustomPolicy,
  owners: ReadonlyMap<string, string>,
): string | null {
  if (!/^--?[A-Za-z][A-Za-z0-9._-]*(=.*)?$/s.test(argument.flag)) return `"${argument.flag}" is not a flag`;
  const flag = normalizeFlag(argument.flag);
  const refusal = refuseFlag(flag, policy, owners);
  if (refusal !== null) return refusal;
  if (argument.flag.includes('=')) return `write "${flag}" as the flag and the rest as its value`;
  const values = valuesOf(argument);
  if (values.length > 1 && policy.lists?.has(flag) === false) return `${flag} takes one value`;
  for (const value of values) {
    if (value.includes('\0')) return `the value of ${flag} must not hold a NUL character`;
    // A value in the place of a flag would be read as one.
    if (value.startsWith('-') && !/^-\d+(\.\d+)?$/.test(value)) return `"${value}" cannot be a value of ${flag}`;
  }
  return null;
}

function refuseFlag(flag: string, policy: CustomPolicy, owners: ReadonlyMap<string, string>): string | null {
  const request = owners.has(flag) ? null : requestRefusal(flag);
  if (request !== null) return request;
  for (const meant of meaningsOf(flag, policy, owners)) {
    const refused = policy.refused.get(meant) ?? policy.families.find(([family]) => family.test(meant))?.[1];
    if (refused !== undefined) return `${spelled(flag, meant)} is not allowed: it ${refused}`;
    const field = owners.get(meant);
    if (field !== undefined) return `${spelled(flag, meant)} has a field of its own; set "${field}" instead`;
  }
  // All short forms of such an engine have a long one, and argparse guesses what an unknown one begins.
  const isShort = policy.spelling === 'argparse' && !flag.startsWith('--');
  return isShort ? `${flag} is no short form that is known here; write the long flag (--...)` : null;
}

function spelled(flag: string, meant: string): string {
  return flag === meant ? flag : `${flag} (${meant})`;
}

/** The flags that a spelling may stand for, itself first. */
function meaningsOf(flag: string, policy: CustomPolicy, owners: ReadonlyMap<string, string>): readonly string[] {
  if (policy.spelling === 'exact') return [flag];
  const base = flag.split('.', 1)[0] ?? flag;
  if (!base.startsWith('--')) return [base, base.slice(0, 2)];
  const known = [...policy.refused.keys(), ...owners.keys()];
  return [base, ...known.filter((candidate) => candidate.startsWith(base))];
}

function valuesOf(argument: CustomArgument): string[] {
  const { type, value } = argument;
  if (type === 'bool' || type === 'flag' || value === null || value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** The argv of one custom argument. A switch that is off gives nothing. */
function renderArgument(argument: CustomArgument): readonly string[] {
  const { flag, type, value } = argument;
  if (type === 'bool' || type === 'flag') return value === false || value === 'false' ? [] : [flag];
  return value === null || value === undefined ? [] : [flag, ...valuesOf(argument)];
}

/** The argv of all of the owner's own flags. */
export function customArguments(fields: FieldValues): string[] {
  return argumentsOf(fields).flatMap((argument) => [...renderArgument(argument)]);
}

/** The owner's own variables. */
export function customEnvironment(fields: FieldValues): Record<string, string> {
  return Object.fromEntries(variablesOf(fields).map(({ key, value }) => [key, value]));
}

/** The owner's own flags without some that an engine refused; null when none is left. */
export function withoutArguments(fields: FieldValues, refused: readonly string[]): string | null {
  const kept = argumentsOf(fields).filter((argument) => !refused.includes(normalizeFlag(argument.flag)));
  return kept.length === 0 ? null : JSON.stringify(kept);
}

/** Whether one of the owner's own flags is this one. */
export function hasArgument(fields: FieldValues, flag: string): boolean {
  return argumentsOf(fields).some((argument) => normalizeFlag(argument.flag) === normalizeFlag(flag));
}

/** Names of variables whose values nobody should read. */
export function secretNames(env: Readonly<Record<string, string>>): string[] {
  return Object.keys(env).filter((name) => /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name));
}

/** They would contradict the GPUs that a model is given, and what is shown of them. */
const GPU_VARIABLES =
  /^(?:(?:CUDA|NVIDIA|ROCR|HIP)_VISIBLE_DEVICES|GPU_DEVICE_ORDINAL|ZE_AFFINITY_MASK|GGML_\w*VISIBLE\w*)$/i;

/** What would change which code an engine loads, or where it looks for its files. */
const REFUSED_VARIABLES =
  /^(LD_|DYLD_|CORTEX_|NODE_|PYTHON|AIP_|GCONV_|GLIBC_|MALLOC_|NVIDIA_|CUDA_INJECTION|PATH$|HOME$|USER$|SHELL$|IFS$|TMPDIR$|LOCPATH$|HF_TOKEN|HUGGING_FACE_HUB_TOKEN|.*_API_KEY$)/i;

/** Why a custom variable is refused; null when it is not. `owners` names the field that already has a variable. */
export function refuseVariable(
  variable: CustomVariable,
  policy: CustomPolicy,
  owners: ReadonlyMap<string, string>,
): string | null {
  const { key, value } = variable;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `"${key}" is not the name of a variable`;
  const field = owners.get(key.toUpperCase());
  if (field !== undefined) return `${key} has a field of its own; set "${field}" instead`;
  if (GPU_VARIABLES.test(key)) return `${key} is not allowed: set "selected_gpus" instead`;
  if (REFUSED_VARIABLES.test(key) || policy.variables.test(key)) {
    return `${key} is not allowed: the program sets the engine's environment`;
  }
  return value.includes('\0') ? `the value of ${key} must not hold a NUL character` : null;
}

/** The long spellings of what an engine knows, each with its field or why it is refused among one's own flags. */
export function describeFlags(
  known: KnownFlags,
  rows: readonly FieldRow[],
  policy: CustomPolicy,
): readonly DescribedFlag[] {
  const owners = flagOwners(rows);
  return [...known.flags]
    .filter(([flag]) => flag.startsWith('--'))
    .map(([flag, { choices }]) => {
      const field = owners.get(flag) ?? null;
      return { flag, choices, field, refusal: refuseFlag(flag, policy, owners) };
    });
}

/** The owner's own flags that this engine does not know, with the nearest spelling it has. */
export function unknownArguments(fields: FieldValues, known: KnownFlags, policy: CustomPolicy): FieldIssue[] {
  return argumentsOf(fields)
    .map((argument) => normalizeFlag(argument.flag))
    .filter((flag) => isFlag(flag) && requestRefusal(flag) === null && !isKnown(flag, known, policy))
    .map((flag) => ({ field: ARGS, message: unknownFlagSentence(flag, known) }));
}

function isKnown(flag: string, known: KnownFlags, policy: CustomPolicy): boolean {
  if (known.flags.has(flag)) return true;
  // What a short form begins is no guess to make.
  if (policy.spelling === 'exact' || !flag.startsWith('--')) return false;
  const base = flag.split('.', 1)[0] ?? flag;
  return known.flags.has(base) || [...known.flags.keys()].filter((other) => other.startsWith(base)).length === 1;
}
