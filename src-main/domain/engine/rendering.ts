import type { Launch } from './driver.ts';
import {
  compareVersions,
  effectiveValue,
  type FieldIssue,
  type FieldRow,
  type FieldTable,
  type FieldValues,
} from './field-table.ts';
import { closestFlag, isFlag, normalizeFlag, type KnownFlags } from './known-flags.ts';

export interface RenderedFields {
  readonly args: string[];
  readonly env: Record<string, string>;
  /** Fields that are set, but that this engine does not know. */
  readonly unsupported: FieldIssue[];
}

/** What the flags are rendered for: what the engine itself says it knows wins over the version ranges of the table. */
export type RenderingTarget = Pick<Launch, 'machine' | 'version' | 'knownFlags'>;

/** The flags and variables of all rows the engine reads, in the order of the table. Path fields hold their real paths by now. */
export function renderFields(table: FieldTable, fields: FieldValues, target: RenderingTarget): RenderedFields {
  const rendered: RenderedFields = { args: [], env: {}, unsupported: [] };
  for (const row of table.rows) {
    if (row.appliesTo !== 'engine') continue;
    const value = effectiveValue(row, fields, target.machine);
    if (value === null) continue;
    const args = row.render(value);
    const problem = problemOf(row, args, target);
    if (problem === null) {
      rendered.args.push(...args);
      Object.assign(rendered.env, row.variables(value));
    } else if (fields[row.name] !== undefined) rendered.unsupported.push({ field: row.name, message: problem });
  }
  return rendered;
}

function problemOf(row: FieldRow, args: readonly string[], { knownFlags, version }: RenderingTarget): string | null {
  if (knownFlags !== null && args.some(isFlag)) return unknownProblem(args, knownFlags);
  if (row.since !== null && compareVersions(version, row.since) < 0) {
    return `needs engine version ${row.since} or newer (this one is ${version})`;
  }
  if (row.until !== null && compareVersions(version, row.until) >= 0) {
    return `is no longer known to engine version ${version} (gone since ${row.until})`;
  }
  return null;
}

function unknownProblem(args: readonly string[], known: KnownFlags): string | null {
  const unknown = args
    .filter(isFlag)
    .map(normalizeFlag)
    .find((flag) => !known.flags.has(flag));
  return unknown === undefined ? null : unknownFlagSentence(unknown, known);
}

/** "is no flag of this engine", with the nearest spelling it has. */
export function unknownFlagSentence(flag: string, known: KnownFlags): string {
  const near = closestFlag(flag, known.flags.keys());
  const version = known.version === null ? '' : ` (${known.version})`;
  const hint = near === null ? '' : `; did you mean ${near}?`;
  return `${flag} is no flag of this engine${version}${hint}`;
}

/** Set fields whose value this very engine does not offer. */
export function choiceIssues(table: FieldTable, fields: FieldValues, known: KnownFlags): FieldIssue[] {
  return table.rows.flatMap((row) => {
    const [flag, value, ...rest] = fields[row.name] === undefined ? [] : row.render(fields[row.name] ?? null);
    const offered = flag === undefined ? null : (known.flags.get(flag)?.choices ?? null);
    if (offered === null || value === undefined || rest.length > 0 || offered.includes(value)) return [];
    return [{ field: row.name, message: `"${value}" is not offered by this engine; it offers ${offered.join(', ')}` }];
  });
}
