/**
 * The model field table: every configuration field of an engine is one row of data. Form, validation, command line,
 * difference and defaults are all read from these rows, so that nothing can be dropped on the way.
 */

export type EngineName = 'llamacpp' | 'vllm';
export type RuntimeName = 'process' | 'container';
export type TaskName = 'generate' | 'embed';
export type BackendName = 'cuda' | 'vulkan' | 'metal' | 'rocm' | 'cpu';

/** `null` means "not set". Zero, false and the empty list are values. */
export type FieldValue = string | number | boolean | string[] | null;
export type FieldValues = Readonly<Record<string, FieldValue>>;

/** What defaults may depend on. */
export interface MachineFacts {
  readonly logicalCores: number;
  readonly physicalCores: number;
  readonly totalMemoryBytes: number;
  readonly backend: BackendName;
}

export interface FieldIssue {
  readonly field: string;
  readonly message: string;
}

export interface FieldRow {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly group: string;
  readonly type: 'integer' | 'number' | 'boolean' | 'string' | 'choice' | 'list';
  readonly unit: string | null;
  readonly choices: readonly string[] | null;
  /** Known values of an open list, for a text: other ones are taken too. */
  readonly suggestions: readonly string[] | null;
  readonly min: number | null;
  readonly max: number | null;
  /** The flag it becomes, as a person would look for it; null for what never reaches the engine's command line. */
  readonly flag: string | null;
  /** Who acts on it. Only what the engine reads, or the runtime it is started in, needs a restart. */
  readonly appliesTo: 'engine' | 'runtime' | 'request' | 'supervisor';
  /** The only runtime it means something to; null for both. */
  readonly runtime: RuntimeName | null;
  /** The key of a request's body that it fills in, where it is a request default. */
  readonly requestKey: string | null;
  readonly essential: boolean;
  /** Every spelling of the flags it becomes: none of them may stand among the owner's own flags too. */
  readonly spellings: readonly string[];
  /** A file or folder that must lie inside the library; it is resolved before it is rendered. */
  readonly isPath: boolean;
  /** A path field that takes a name on the hub too ("Qwen/Qwen3-8B"), where the library has no such path. */
  readonly orHubId: boolean;
  /** The library paths inside a value that is more than one path. */
  readonly pathsIn: (value: FieldValue) => readonly string[];
  /** The engine versions that know the flag: from `since` on, before `until`. */
  readonly since: string | null;
  readonly until: string | null;
  readonly defaultFor: (machine: MachineFacts) => FieldValue;
  /** Other ways to write the value (a list as a text with commas), made into the field's own type before it is read. */
  readonly coerce: (raw: unknown) => unknown;
  readonly render: (value: FieldValue) => readonly string[];
  /** The environment variables it becomes, where it is no flag. */
  readonly variables: (value: FieldValue) => Readonly<Record<string, string>>;
  /** What is wrong with a value that has the right type and range; null when nothing is. */
  readonly check: (value: FieldValue) => string | null;
}

export interface FieldTable {
  readonly engine: EngineName;
  readonly rows: readonly FieldRow[];
  /** Names and values of older versions, rewritten to the present ones, each told in a sentence. */
  readonly migrate: (input: Readonly<Record<string, unknown>>) => MigratedFields;
  /** What only shows between fields. */
  readonly rules: (fields: FieldValues, task: TaskName) => readonly FieldIssue[];
}

export interface MigratedFields {
  readonly fields: Record<string, unknown>;
  /** What was converted or dropped, by its old name. */
  readonly notes: readonly FieldIssue[];
}

/** One row as the contract shows it. */
export interface FieldDescription {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly group: string;
  readonly engine: EngineName;
  readonly type: FieldRow['type'];
  readonly unit: string | null;
  readonly choices: string[] | null;
  readonly suggestions: string[] | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly flag: string | null;
  readonly default: FieldValue;
  readonly needs_restart: boolean;
  readonly runtime: RuntimeName | null;
  readonly since: string | null;
  readonly until: string | null;
  readonly essential: boolean;
}

export function describeFields(table: FieldTable, machine: MachineFacts): FieldDescription[] {
  return table.rows.map((row) => ({
    name: row.name,
    label: row.label,
    help: row.help,
    group: row.group,
    engine: table.engine,
    type: row.type,
    unit: row.unit,
    choices: row.choices === null ? null : [...row.choices],
    suggestions: row.suggestions === null ? null : [...row.suggestions],
    min: row.min,
    max: row.max,
    flag: row.flag,
    default: row.defaultFor(machine),
    needs_restart: needsRestart(row),
    runtime: row.runtime,
    since: row.since,
    until: row.until,
    essential: row.essential,
  }));
}

export function needsRestart(row: FieldRow): boolean {
  return row.appliesTo === 'engine' || row.appliesTo === 'runtime';
}

export interface ValidatedFields {
  /** Only the fields that are set. */
  readonly fields: Record<string, FieldValue>;
  readonly issues: readonly FieldIssue[];
  /** What an older configuration said in other words. */
  readonly notes: readonly FieldIssue[];
}

/** Reads untrusted input against the table: names, types, ranges, choices, and what only shows between fields. */
export function validateConfiguration(
  table: FieldTable,
  task: TaskName,
  input: Readonly<Record<string, unknown>>,
): ValidatedFields {
  const rows = new Map(table.rows.map((row) => [row.name, row]));
  const fields: Record<string, FieldValue> = {};
  const issues: FieldIssue[] = [];
  const migrated = table.migrate(input);
  for (const [name, raw] of Object.entries(migrated.fields)) {
    const row = rows.get(name);
    if (!row) {
      issues.push({ field: name, message: `is not a field of ${table.engine}${suggestion(name, rows)}` });
      continue;
    }
    if (raw === null || raw === undefined || raw === '') continue;
    const read = readValue(row, row.coerce(raw));
    if ('message' in read) issues.push({ field: name, message: read.message });
    else fields[name] = read.value;
  }
  if (issues.length === 0) issues.push(...table.rules(fields, task));
  return { fields, issues, notes: migrated.notes };
}

type Read = { readonly value: FieldValue } | { readonly message: string };

function readValue(row: FieldRow, raw: unknown): Read {
  const typed = readTyped(row, raw);
  if ('message' in typed) return typed;
  const message = row.check(typed.value);
  return message === null ? typed : { message };
}

function readTyped(row: FieldRow, raw: unknown): Read {
  switch (row.type) {
    case 'integer':
    case 'number':
      return readNumber(row, raw);
    case 'boolean':
      return typeof raw === 'boolean' ? { value: raw } : { message: 'must be true or false' };
    case 'choice':
      return typeof raw === 'string' && row.choices?.includes(raw)
        ? { value: raw }
        : { message: `must be one of ${row.choices?.join(', ') ?? ''}` };
    case 'string':
      if (typeof raw !== 'string') return { message: 'must be a text' };
      return raw.includes('\0') ? { message: 'must not hold a NUL character' } : { value: raw };
    case 'list':
      return readList(raw);
  }
}

function readNumber(row: FieldRow, raw: unknown): Read {
  const number = typeof raw === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(raw) ? Number(raw) : raw;
  if (typeof number !== 'number' || !Number.isFinite(number)) return { message: 'must be a number' };
  if (row.type === 'integer' && !Number.isSafeInteger(number)) return { message: 'must be a whole number' };
  if ((row.min !== null && number < row.min) || (row.max !== null && number > row.max)) {
    return { message: rangeSentence(row) };
  }
  return { value: number };
}

function rangeSentence(row: FieldRow): string {
  const unit = row.unit === null ? '' : ` ${row.unit}`;
  if (row.min !== null && row.max !== null) return `must be between ${row.min} and ${row.max}${unit}`;
  return row.min === null ? `must be at most ${row.max}${unit}` : `must be at least ${row.min}${unit}`;
}

function readList(raw: unknown): Read {
  if (!Array.isArray(raw) || !raw.every((item) => typeof item === 'string')) {
    return { message: 'must be a list of texts' };
  }
  return raw.some((item) => item.includes('\0')) ? { message: 'must not hold a NUL character' } : { value: raw };
}

function suggestion(name: string, rows: ReadonlyMap<string, FieldRow>): string {
  const plain = (text: string) => text.replaceAll(/[^a-z0-9]/gi, '').toLowerCase();
  const near = [...rows.keys()].find((known) => plain(known) === plain(name));
  return near === undefined ? '' : `; did you mean "${near}"?`;
}

/** The value that counts: the one set, or the table's own default; null when the engine decides. */
export function effectiveValue(row: FieldRow, fields: FieldValues, machine: MachineFacts): FieldValue {
  return fields[row.name] ?? row.defaultFor(machine);
}

/** A path that must be found in the library before a start, and the key of `Launch.paths` for what it really is. */
export interface FieldPath {
  readonly key: string;
  readonly field: string;
  readonly path: string;
  /** It may be a name on the hub instead: then it gets no entry in `Launch.paths`. */
  readonly orHubId: boolean;
}

/** Every library path in a configuration: the value of a path field under its name, others under "name/0", "name/1". */
export function pathsOf(table: FieldTable, fields: FieldValues): FieldPath[] {
  return table.rows.flatMap((row) => {
    const value = fields[row.name] ?? null;
    if (value === null) return [];
    const shared = { field: row.name, orHubId: row.orHubId };
    if (row.isPath) return [{ ...shared, key: row.name, path: String(value) }];
    return row.pathsIn(value).map((path, index) => ({ ...shared, key: `${row.name}/${index}`, path }));
  });
}

/** Names of the fields whose value differs, in the order of the table. */
export function changedFields(table: FieldTable, before: FieldValues, after: FieldValues): FieldRow[] {
  return table.rows.filter(
    (row) => JSON.stringify(before[row.name] ?? null) !== JSON.stringify(after[row.name] ?? null),
  );
}

/** Orders "v0.5.0"-like versions; one that has no numbers counts as the newest, because it is most likely a fresh build. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] | null {
  const match = /^v?(\d+(?:\.\d+)+)/.exec(version);
  return match?.[1] === undefined ? null : match[1].split('.').map(Number);
}

/** The request defaults a model's fields make: what a client leaves out is filled in from here. */
export function requestDefaultsOf(table: FieldTable, fields: FieldValues): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  for (const row of table.rows) {
    const value = fields[row.name];
    if (row.requestKey !== null && value !== null && value !== undefined) defaults[row.requestKey] = value;
  }
  const custom = fields['custom_request_json'];
  if (typeof custom === 'string') Object.assign(defaults, JSON.parse(custom));
  return defaults;
}
