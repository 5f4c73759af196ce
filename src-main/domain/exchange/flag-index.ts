import { normalizeFlag } from '../engine/known-flags.ts';
import type { FieldRow, FieldTable, FieldValue } from '../engine/field-table.ts';

/** What a flag says about a field. */
export type Meaning =
  | { readonly kind: 'switch'; readonly row: FieldRow; readonly value: boolean }
  /** A switch whose state is a word behind the flag: `-fa on`. */
  | { readonly kind: 'words'; readonly row: FieldRow; readonly values: ReadonlyMap<string, boolean> }
  /** Several rows share a flag where one of them is a path: the value tells which is meant. */
  | { readonly kind: 'value'; readonly rows: readonly FieldRow[]; readonly isMany: boolean };

/** The field table read backwards: each spelling of each flag, and what it says. Made from what the rows render. */
export function flagIndex(table: FieldTable): ReadonlyMap<string, Meaning> {
  const index = new Map<string, Meaning>();
  for (const row of table.rows) {
    if (row.appliesTo !== 'engine') continue;
    if (row.type === 'boolean') addSwitch(index, row);
    else addValue(index, row);
  }
  return index;
}

function addSwitch(index: Map<string, Meaning>, row: FieldRow): void {
  const [on, off] = [row.render(true), row.render(false)];
  if (on.length === 2 && off.length === 2) {
    const values = new Map([...TRUTHS, [on[1] ?? '', true] as const, [off[1] ?? '', false] as const]);
    for (const spelling of row.spellings) index.set(spelling, { kind: 'words', row, values });
    return;
  }
  for (const spelling of row.spellings) {
    const value = spelling === on[0] || (spelling !== off[0] && !isNegative(spelling, row.spellings));
    index.set(spelling, { kind: 'switch', row, value });
  }
}

const TRUTHS: readonly (readonly [string, boolean])[] = [
  ['on', true],
  ['true', true],
  ['1', true],
  ['enabled', true],
  ['off', false],
  ['false', false],
  ['0', false],
  ['disabled', false],
];

/** "--no-jinja", "-nocb" and "-nkvo" are the other side of "--jinja", "-cb" and "-kvo". */
function isNegative(spelling: string, all: readonly string[]): boolean {
  const rest = /^--?n(?:o-?)?(?<name>.+)$/.exec(spelling)?.groups?.['name'];
  const rests = [rest, /^--?n(?<name>.+)$/.exec(spelling)?.groups?.['name']];
  return rests.some((name) => name !== undefined && all.some((other) => other.replace(/^--?/, '') === name));
}

function addValue(index: Map<string, Meaning>, row: FieldRow): void {
  const sample = row.type === 'list' ? row.render(['1', '2']) : [];
  for (const spelling of row.spellings) {
    const before = index.get(spelling);
    const shared = before?.kind === 'value' ? before.rows : [];
    // Rows that render nothing are parts of another row's value, unless nobody else has the flag.
    const rows = [...shared, row].filter((candidate, _, all) => all.length === 1 || rendersSomething(candidate));
    index.set(spelling, { kind: 'value', rows: rows.length === 0 ? [row] : rows, isMany: sample.length > 2 });
  }
}

function rendersSomething(row: FieldRow): boolean {
  const samples: FieldValue[] = [1, 'a', row.choices?.[0] ?? 'a'];
  return samples.some((value) => row.render(value).length > 0);
}

/** The meaning of a flag as it was written; argparse takes every unambiguous beginning of a long one. */
export function meaningOf(
  index: ReadonlyMap<string, Meaning>,
  flag: string,
  spelling: 'exact' | 'argparse',
  others: Iterable<string>,
): { readonly name: string; readonly meaning: Meaning } | null {
  const name = normalizeFlag(flag);
  const exact = index.get(name);
  if (exact) return { name, meaning: exact };
  if (spelling === 'exact' || !name.startsWith('--') || name.includes('.')) return null;
  const begun = [...new Set([...index.keys(), ...others])].filter((known) => known.startsWith(name));
  const [only] = begun;
  const meaning = only === undefined || begun.length > 1 ? undefined : index.get(only);
  return only !== undefined && meaning ? { name: only, meaning } : null;
}

/** A flag with its value glued on: `--flag=value`; a short one of argparse also `-tp4`. */
export function splitFlag(
  word: string,
  spelling: 'exact' | 'argparse',
  index: ReadonlyMap<string, Meaning>,
): { readonly flag: string; readonly glued: string | null } {
  const equals = word.indexOf('=');
  if (equals > 0) return { flag: word.slice(0, equals), glued: word.slice(equals + 1) };
  if (spelling === 'argparse' && !word.startsWith('--') && !index.has(word)) {
    const short = [...index.keys()]
      .filter((known) => !known.startsWith('--') && word.startsWith(known))
      .toSorted((a, b) => b.length - a.length)[0];
    if (short !== undefined) return { flag: short, glued: word.slice(short.length) };
  }
  return { flag: word, glued: null };
}
