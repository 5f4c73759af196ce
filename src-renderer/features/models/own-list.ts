import type { FieldValue } from '#contract/models.ts';

/** The fields that hold a list of the owner's own flags, or variables, as JSON text. */
export const OWN_FLAGS = 'engine_startup_args_json';
export const OWN_VARIABLES = 'engine_startup_env_json';

export type OwnKind = 'flag' | 'variable';

export function ownKindOf(field: string): OwnKind | null {
  if (field === OWN_FLAGS) return 'flag';
  return field === OWN_VARIABLES ? 'variable' : null;
}

type Entry = Readonly<Record<string, unknown>>;

/** One flag or variable as it is edited. */
export interface OwnRow {
  readonly name: string;
  readonly value: string;
  /** As it was read: what is not edited is written as it was. */
  readonly entry: Entry;
}

export const EMPTY_ROW: OwnRow = { name: '', value: '', entry: {} };

const nameKey = (kind: OwnKind) => (kind === 'flag' ? 'flag' : 'key');

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueText({ type, value }: Entry): string {
  // A switch has no value; one that is off says so.
  if (type === 'flag' || type === 'bool') return value === false || value === 'false' ? 'false' : '';
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The rows of a field; null where its text is no such list and has to be mended as text. */
export function readRows(kind: OwnKind, field: FieldValue | undefined): readonly OwnRow[] | null {
  const text = typeof field === 'string' ? field.trim() : '';
  if (text === '') return [];
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return null;
    const rows = list.map((entry: unknown) => {
      const name = isEntry(entry) ? entry[nameKey(kind)] : undefined;
      return isEntry(entry) && typeof name === 'string' ? { name, value: valueText(entry), entry } : null;
    });
    return rows.every((row) => row !== null) ? rows : null;
  } catch {
    return null;
  }
}

/** The field's text; null when no row has a name. */
export function writeRows(kind: OwnKind, rows: readonly OwnRow[]): FieldValue {
  const named = rows.filter(({ name }) => name.trim() !== '');
  return named.length === 0 ? null : JSON.stringify(named.map((row) => entryOf(kind, row)));
}

function entryOf(kind: OwnKind, { name, value, entry }: OwnRow): Entry {
  const named = { ...entry, [nameKey(kind)]: name.trim() };
  if (kind === 'variable') return { ...named, value };
  if (Object.keys(entry).length > 0 && valueText(entry) === value) return named;
  const { value: _, ...rest } = named;
  if (value === '') return { ...rest, type: 'flag' };
  const isList = entry['type'] === 'list' || entry['type'] === 'string_list';
  return isList ? { ...rest, value: value.split(/\s+/) } : { ...rest, type: 'string', value };
}

const WORD = /"([^"]*)"|'([^']*)'|(\S+)/g;

function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(WORD)].map(([, double, single, plain]) => double ?? single ?? plain ?? '');
}

const withoutQuotes = (text: string) => text.replace(/^(["'])(.*)\1$/, '$2');

/** What was copied elsewhere, such as `--foo bar` or `FOO=bar`, as rows; none where it is a plain name. */
export function rowsFromPaste(kind: OwnKind, text: string): readonly OwnRow[] {
  return text.split('\n').flatMap((line) => (kind === 'flag' ? flagsIn(line) : variablesIn(line)));
}

function flagsIn(line: string): readonly OwnRow[] {
  const rows: OwnRow[] = [];
  for (const word of wordsOf(line.replace(/\\\s*$/, ''))) {
    const last = rows.at(-1);
    if (/^--?[A-Za-z]/.test(word)) {
      const at = word.indexOf('=');
      const [name, value] = at < 0 ? [word, ''] : [word.slice(0, at), withoutQuotes(word.slice(at + 1))];
      rows.push({ ...EMPTY_ROW, name, value });
    } else if (last !== undefined) rows[rows.length - 1] = { ...last, value: `${last.value} ${word}`.trim() };
  }
  return rows;
}

function variablesIn(line: string): readonly OwnRow[] {
  const match = /^\s*(?:export\s+|-e\s+|--env\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line);
  if (match === null) return [];
  return [{ ...EMPTY_ROW, name: match[1] ?? '', value: withoutQuotes((match[2] ?? '').trim()) }];
}

/** The owner's list with one more flag; a list that cannot be read is left to be mended first. */
export function withFlag(value: FieldValue | undefined, flag: string): FieldValue {
  const rows = readRows('flag', value);
  return rows === null ? (value ?? null) : writeRows('flag', [...rows, { ...EMPTY_ROW, name: flag }]);
}
