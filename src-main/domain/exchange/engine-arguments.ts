import { flagOwners, refuseArgument, refuseVariable, type CustomArgument } from '../engine/custom.ts';
import { validateConfiguration, type FieldRow, type FieldTable, type FieldValue } from '../engine/field-table.ts';
import { isFlag, normalizeFlag } from '../engine/known-flags.ts';
import { shown, type Conversion, type Dropped } from './draft.ts';
import type { Dialect } from './engine-dialects.ts';
import { flagIndex, meaningOf, splitFlag, type Meaning } from './flag-index.ts';

const CUSTOM_ARGUMENTS = 'engine_startup_args_json';
const CUSTOM_VARIABLES = 'engine_startup_env_json';
/** Keys of a model itself that a flag may say. */
const OWN_KEYS: ReadonlySet<string> = new Set(['task', 'hf_token']);
/** Several flags of one kind say one list. */
const LISTS: ReadonlySet<string> = new Set(['lora_adapters_json']);

/** A command line that was read: the fields it sets, and what else it said. */
export class EngineArguments {
  readonly fields: Record<string, FieldValue> = {};
  readonly own: Record<string, unknown> = {};
  model: string | null = null;
  servedName: string | null = null;
  readonly dropped: Dropped[] = [];
  readonly conversions: Conversion[] = [];
  readonly #custom: CustomArgument[] = [];
  readonly #variables: { key: string; value: string }[] = [];
  readonly #dialect: Dialect;
  readonly #index: ReadonlyMap<string, Meaning>;
  /** Older names that were said, which only together tell what they became, and the fields they became. */
  readonly #older: Record<string, unknown> = {};
  readonly #becameOfOlder = new Set<string>();
  /** The words that set a field. */
  readonly #saidBy = new Map<string, string>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
    this.#index = flagIndex(dialect.table);
  }

  /** Every word ends up in a field, among the owner's own flags, or in `dropped`. */
  read(words: readonly string[]): void {
    for (let at = 0; at < words.length;) at = this.#readOne(words, at);
    if (this.#custom.length > 0) this.fields[CUSTOM_ARGUMENTS] = JSON.stringify(this.#custom);
  }

  /** @returns the index of the next word that was not read. */
  #readOne(words: readonly string[], at: number): number {
    const word = words[at] ?? '';
    if (!isFlag(word)) {
      // `vllm serve MODEL`
      if (this.#dialect.engine === 'vllm' && this.model === null) this.model = word;
      else this.#drop(word, [], 'is not a flag, and no flag before it takes it');
      return at + 1;
    }
    const { policy } = this.#dialect;
    const { flag, glued } = splitFlag(word, policy.spelling, this.#index);
    const take = (most: number) => valuesAfter(words, at + 1, glued, most);
    const name = normalizeFlag(flag);
    const found = meaningOf(this.#index, flag, policy.spelling, policy.refused.keys());
    if (this.#isName(name)) {
      const values = take(this.#dialect.engine === 'vllm' && this.#dialect.servedName.includes(name) ? 64 : 1);
      this.#readName(name, flag, values);
      return next(at, glued, values);
    }
    const special = this.#dialect.special.get(found?.name ?? name);
    if (glued !== null && (special ? special.takes === 'none' : found?.meaning.kind === 'switch')) {
      this.#drop(flag, [glued], 'takes no value');
      return at + 1;
    }
    if (special) {
      const values = special.takes === 'none' ? [] : take(special.takes === 'one' ? 1 : Number.MAX_SAFE_INTEGER);
      this.#assign(flag, values, special.takes !== 'none' && values.length === 0 ? null : special.read(values));
      return next(at, glued, values);
    }
    if (found) {
      const values = take(mostOf(found.meaning));
      this.#readMeaning(flag, found.meaning, values);
      return next(at, glued, values);
    }
    const values = take(policy.lists === null ? 1 : Number.MAX_SAFE_INTEGER).filter((value) => !isFlag(value));
    this.#readUnknown(flag, values);
    return next(at, glued, values);
  }

  #isName(name: string): boolean {
    return this.#dialect.model.includes(name) || this.#dialect.servedName.includes(name);
  }

  #readName(name: string, flag: string, [value, ...more]: readonly string[]): void {
    if (value === undefined) this.#drop(flag, [], 'lacks its value');
    else if (this.#dialect.model.includes(name)) this.model = value;
    else this.servedName = value;
    if (more.length > 0) this.#drop(flag, more, 'a model has one served name here; the first was taken');
  }

  #readMeaning(flag: string, meaning: Meaning, values: readonly string[]): void {
    const [value] = values;
    if (meaning.kind === 'switch') {
      this.#assign(flag, values, { [meaning.row.name]: meaning.value });
    } else if (value === undefined) {
      this.#drop(flag, [], 'lacks its value');
    } else if (value === 'auto' && !takesAuto(meaning)) {
      this.#drop(flag, values, 'is what the engine does anyway when nothing is set');
    } else if (meaning.kind === 'words') {
      const state = meaning.values.get(value);
      if (state === undefined) this.#drop(flag, values, 'is neither on nor off');
      else this.#assign(flag, values, { [meaning.row.name]: state });
    } else {
      const row = rowFor(meaning.rows, value);
      if (row) this.#assign(flag, values, { [row.name]: meaning.isMany ? values : typed(row, value) });
    }
  }

  /** Takes over what a flag says, unless the field table says that it cannot be. */
  #assign(flag: string, values: readonly string[], said: Record<string, unknown> | null): void {
    if (said === null) {
      this.#drop(flag, values, 'cannot be read');
      return;
    }
    for (const [name, value] of Object.entries(said)) {
      if (OWN_KEYS.has(name)) {
        this.own[name] = value;
        continue;
      }
      const isField = this.#dialect.table.rows.some((row) => row.name === name);
      if (isField) this.#take(flag, values, { [name]: value });
      else this.#takeOlder(flag, values, name, value);
    }
  }

  /** A present flag says what it means, and its path is the one it names: nothing of it is converted. */
  #take(flag: string, values: readonly string[], said: Record<string, unknown>): void {
    const migrate = (fields: Readonly<Record<string, unknown>>) => ({ fields: { ...fields }, notes: [] });
    const table: FieldTable = { ...this.#dialect.table, migrate, rules: () => [] };
    const { fields, issues } = validateConfiguration(table, 'generate', said);
    for (const { field, message } of issues) this.#drop(flag, values, `${field} ${message}`);
    for (const [field, read] of Object.entries(fields)) {
      this.#set(shown(flag, values), field, read);
      this.#becameOfOlder.delete(field);
    }
  }

  /** `--mlock --no-mmap` is one choice today: every older name is read anew with those before it. */
  #takeOlder(flag: string, values: readonly string[], name: string, value: unknown): void {
    this.#older[name] = value;
    const table: FieldTable = { ...this.#dialect.table, rules: () => [] };
    const { fields, issues, notes } = validateConfiguration(table, 'generate', this.#older);
    for (const { field, message } of issues) if (field === name) this.#drop(flag, values, `${field} ${message}`);
    const outdated = new Set(notes.map(({ field }) => field));
    const kept = this.conversions.filter(({ field }) => !outdated.has(field));
    this.conversions.splice(0, this.conversions.length, ...kept, ...notes);
    for (const [field, read] of Object.entries(fields)) {
      if (this.#becameOfOlder.has(field)) delete this.fields[field];
      this.#set(shown(flag, values), field, read);
      this.#becameOfOlder.add(field);
    }
  }

  #set(said: string, field: string, value: FieldValue): void {
    const before = this.fields[field];
    if (before !== undefined && LISTS.has(field)) {
      const both = [...(JSON.parse(String(before)) as unknown[]), ...(JSON.parse(String(value)) as unknown[])];
      this.fields[field] = JSON.stringify(both);
      return;
    }
    if (before !== undefined && before !== value) {
      this.dropped.push({
        text: this.#saidBy.get(field) ?? shown(field, [String(before)]),
        reason: `"${field}" is said more than once; the last one counts`,
      });
    }
    this.fields[field] = value;
    this.#saidBy.set(field, said);
  }

  #readUnknown(flag: string, values: readonly string[]): void {
    const { policy, table } = this.#dialect;
    const argument = customArgument(flag, values);
    const refusal = refuseArgument(argument, policy, flagOwners(table.rows));
    if (refusal === null) this.#custom.push(argument);
    else this.#drop(flag, values, refusal);
  }

  /** Environment that an engine was started with. */
  readVariable(key: string, value: string): void {
    const row = this.#dialect.table.rows.find((candidate) => candidate.appliesTo === 'engine' && says(candidate, key));
    const said = row ? valueSaying(row, key, value) : undefined;
    if (row && said !== undefined) {
      this.#assign(`${key}=`, [value], { [row.name]: said });
      return;
    }
    const refusal = refuseVariable({ key, value }, this.#dialect.policy, new Map());
    if (refusal !== null) {
      this.dropped.push({ text: shown(key, [value]).replace(' ', '='), reason: refusal });
      return;
    }
    this.#variables.push({ key, value });
    this.fields[CUSTOM_VARIABLES] = JSON.stringify(this.#variables);
  }

  #drop(flag: string, values: readonly string[], reason: string): void {
    this.dropped.push({ text: shown(flag, values), reason });
  }
}

function next(at: number, glued: string | null, values: readonly string[]): number {
  return at + 1 + (glued === null ? values.length : 0);
}

/** What stands behind a flag until the next one; "-1" is a value. */
function valuesAfter(words: readonly string[], from: number, glued: string | null, most: number): string[] {
  if (most === 0) return [];
  if (glued !== null) return [glued];
  const values: string[] = [];
  for (const word of words.slice(from)) {
    if (values.length >= most || isFlag(word)) break;
    values.push(word);
  }
  return values;
}

function mostOf(meaning: Meaning): number {
  if (meaning.kind === 'switch') return 0;
  return meaning.kind === 'value' && meaning.isMany ? Number.MAX_SAFE_INTEGER : 1;
}

function takesAuto(meaning: Meaning): boolean {
  return (
    meaning.kind === 'value' &&
    meaning.rows.some(
      (row) => row.type === 'string' || row.choices?.includes('auto') === true || row.coerce('auto') !== 'auto',
    )
  );
}

/** Where a text and a file share a flag, a value that looks like a path is the file. */
function rowFor(rows: readonly FieldRow[], value: string): FieldRow | undefined {
  const looksLikePath = /^[./~]|\.(?:jinja2?|j2|txt)$/.test(value) && !value.includes('\n');
  return rows.find((row) => row.isPath === looksLikePath) ?? rows[0];
}

function typed(row: FieldRow, value: string): unknown {
  const isNumber = row.type === 'integer' || row.type === 'number';
  return isNumber && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

function customArgument(flag: string, values: readonly string[]): CustomArgument {
  const [value] = values;
  if (value === undefined) return { flag, type: 'flag' };
  if (values.length > 1) return { flag, type: 'string_list', value: [...values] };
  // Only a number that is written as JavaScript writes it comes back the same.
  if (String(Number(value)) !== value) return { flag, type: 'string', value };
  return { flag, type: Number.isInteger(Number(value)) ? 'int' : 'float', value: Number(value) };
}

function says(row: FieldRow, key: string): boolean {
  return Object.hasOwn({ ...row.variables(true), ...row.variables(false), ...row.variables('1') }, key);
}

/** The field's value that becomes this variable with this value; undefined where none does. */
function valueSaying(row: FieldRow, key: string, value: string): FieldValue | undefined {
  const candidates = row.type === 'boolean' ? [true, false] : [value];
  return candidates.find((candidate) => row.variables(candidate)[key] === value);
}
