import type { FieldIssue, FieldRow, MigratedFields } from './field-table.ts';

/**
 * Configurations of older versions, and of Cortex itself, carry names and values that are no longer there. Each is
 * rewritten to what says the same today, or dropped with the reason, and told either way: a field never vanishes silently.
 */

/** A field whose name or value changed. Null where the value needs no change. */
export interface Conversion {
  readonly name: string;
  readonly convert: (value: unknown) => Converted | null;
}

export interface Converted {
  /** What it becomes; empty when it is dropped. A name that the input sets itself is left as the input has it. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface MigrationPlan {
  readonly rows: readonly FieldRow[];
  readonly conversions: readonly Conversion[];
  /** Fields that are gone, with a sentence each. */
  readonly retired: Readonly<Record<string, string>>;
  /** The engine whose fields may have stayed behind, and their names. */
  readonly foreign: { readonly engine: string; readonly names: ReadonlySet<string> };
}

export function migrateFields(input: Readonly<Record<string, unknown>>, plan: MigrationPlan): MigratedFields {
  const own = new Set(plan.rows.map((row) => row.name));
  const kept: [string, unknown][] = [];
  const added: [string, unknown][] = [];
  const notes: FieldIssue[] = [];
  for (const [field, value] of Object.entries(input)) {
    const isSet = value !== null && value !== undefined && value !== '';
    const converted = isSet ? convert(field, value, plan) : null;
    const reason = own.has(field) ? null : reasonOf(field, plan);
    if (converted !== null) {
      added.push(...Object.entries(converted.fields));
      notes.push({ field, message: converted.message });
    } else if (reason === null) kept.push([field, value]);
    else if (isSet) notes.push({ field, message: reason });
  }
  return { fields: Object.fromEntries([...added, ...kept]), notes };
}

function convert(field: string, value: unknown, plan: MigrationPlan): Converted | null {
  for (const conversion of plan.conversions) {
    const converted = conversion.name === field ? conversion.convert(value) : null;
    if (converted !== null) return converted;
  }
  return null;
}

function reasonOf(field: string, { retired, foreign }: MigrationPlan): string | null {
  if (Object.hasOwn(retired, field)) return `was left out: ${retired[field]}`;
  return foreign.names.has(field) ? `is a field of ${foreign.engine} and was left out` : null;
}

/** A path as Cortex's containers saw it ("/models/x") becomes the path inside the library. */
export function libraryPath(name: string): Conversion {
  return {
    name,
    convert: (value) => {
      const inside = typeof value === 'string' ? /^\/models\/(.+)$/.exec(value)?.[1] : undefined;
      return inside === undefined
        ? null
        : { fields: { [name]: inside }, message: `became "${inside}", a path in the library` };
    },
  };
}

/** A value that once meant "the engine's own default" is dropped. */
export function unsetValue(name: string, old: unknown, why: string): Conversion {
  return {
    name,
    convert: (value) => (value === old ? { fields: {}, message: `${String(old)} was left out: ${why}` } : null),
  };
}
