import type { FieldRow, FieldValue } from './field-table.ts';

/** What every row says; the rest has a default that fits most rows. */
export type RowText = Pick<FieldRow, 'name' | 'label' | 'help' | 'group'>;
export type RowOptions = Partial<Omit<FieldRow, keyof RowText | 'type' | 'spellings'>> & {
  /** Spellings of the same flag, beside the one it is rendered as. */
  readonly aliases?: string;
};
type Range = readonly [number, number];

function row(text: RowText, type: FieldRow['type'], options: RowOptions): FieldRow {
  const { aliases = '', ...given } = options;
  const flag = given.flag ?? null;
  return {
    unit: null,
    choices: null,
    suggestions: null,
    min: null,
    max: null,
    flag: null,
    appliesTo: 'engine',
    runtime: null,
    requestKey: null,
    essential: false,
    isPath: false,
    orHubId: false,
    pathsIn: () => [],
    since: null,
    until: null,
    defaultFor: () => null,
    coerce: (raw) => raw,
    render: (value) => renderWith(flag, value),
    variables: () => ({}),
    check: () => null,
    ...given,
    ...text,
    type,
    spellings: [...new Set([flag ?? '', ...aliases.split(' ')])].filter((spelling) => spelling.startsWith('-')),
  };
}

function renderWith(flag: string | null, value: FieldValue): readonly string[] {
  if (flag === null || value === null) return [];
  return [flag, Array.isArray(value) ? value.join(',') : String(value)];
}

export function integer(text: RowText, flag: string, range: Range, options: RowOptions = {}): FieldRow {
  return row(text, 'integer', { flag, min: range[0], max: range[1], ...options });
}

export function decimal(text: RowText, flag: string, range: Range, options: RowOptions = {}): FieldRow {
  return row(text, 'number', { flag, min: range[0], max: range[1], ...options });
}

export function choice(text: RowText, flag: string, choices: readonly string[], options: RowOptions = {}): FieldRow {
  return row(text, 'choice', { flag, choices, ...options });
}

/** A text. One that begins with a dash would be read as a flag by the engine, so it is refused. */
export function text(words: RowText, flag: string, options: RowOptions = {}): FieldRow {
  return row(words, 'string', { flag, ...options, check: both(pattern(/^(?!-)/, NO_DASH), options.check) });
}

const NO_DASH = 'must not begin with a dash';

function both(first: FieldRow['check'], second: FieldRow['check'] | undefined): FieldRow['check'] {
  return (value) => first(value) ?? second?.(value) ?? null;
}

/** An open list of known values: others are taken too. */
export function suggested(words: RowText, flag: string, suggestions: string, options: RowOptions = {}): FieldRow {
  return text(words, flag, { suggestions: suggestions.split(' '), ...options });
}

/** A switch with one flag for on and one for off; a null flag where that side needs none. */
export function toggle(words: RowText, on: string | null, off: string | null, options: RowOptions = {}): FieldRow {
  const render = (value: FieldValue) => {
    const flag = value === true ? on : off;
    return flag === null ? [] : [flag];
  };
  const aliases = `${options.aliases ?? ''} ${on ?? ''} ${off ?? ''}`;
  return row(words, 'boolean', { flag: on ?? off, render, ...options, aliases });
}

/** Several values behind one flag, each an argument of its own. A text with commas or spaces between them is read too. */
export function words(text: RowText, flag: string, options: RowOptions = {}): FieldRow {
  return row(text, 'list', {
    flag,
    coerce: listOfTexts,
    render: (value) => (Array.isArray(value) && value.length > 0 ? [flag, ...value] : []),
    ...options,
    check: both(noDashInside, options.check),
  });
}

function noDashInside(value: FieldValue): string | null {
  return Array.isArray(value) && value.some((item) => item.startsWith('-') || item === '') ? NO_DASH : null;
}

/** "a, b", "[1, 2]" as a text, and numbers become the list of texts that they mean. */
export function listOfTexts(raw: unknown): unknown {
  const value = typeof raw === 'string' ? parsedList(raw) : raw;
  if (typeof value === 'number') return [String(value)];
  return Array.isArray(value) ? value.map((item: unknown) => (typeof item === 'number' ? String(item) : item)) : value;
}

/** Older exports hold lists as JSON inside a text, some even twice. */
function parsedList(source: string): unknown {
  if (!/^\s*["[]/.test(source)) return source.split(/[\s,]+/).filter((item) => item !== '');
  const value = parseJson(source);
  return typeof value === 'string' && value !== source ? parsedList(value) : (value ?? source);
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

export type JsonShape = 'object' | 'list' | 'object or list';

/** A JSON text that is handed over as it is. An object or a list itself is read too. */
export function jsonFlag(words: RowText, flag: string, shape: JsonShape, options: RowOptions = {}): FieldRow {
  return row(words, 'string', {
    flag,
    coerce: jsonAsText,
    ...options,
    check: both((value) => shapeProblem(parseJson(String(value)), shape), options.check),
  });
}

export function jsonAsText(raw: unknown): unknown {
  return typeof raw === 'object' && raw !== null ? JSON.stringify(raw) : raw;
}

function shapeProblem(value: unknown, shape: JsonShape): string | null {
  const found = Array.isArray(value) ? 'list' : typeof value === 'object' && value !== null ? 'object' : 'neither';
  return shape.split(' ').includes(found) ? null : `must be a JSON ${shape}`;
}

/** A JSON text that the driver or the gateway reads itself, checked by `check`. */
export function json(words: RowText, options: RowOptions): FieldRow {
  return row(words, 'string', { coerce: jsonAsText, render: () => [], ...options });
}

/** A switch that becomes an environment variable. */
export function variableToggle(
  words: RowText,
  shown: string,
  variables: (on: boolean) => Readonly<Record<string, string>>,
  options: RowOptions = {},
): FieldRow {
  return row(words, 'boolean', {
    flag: shown,
    render: () => [],
    variables: (value) => variables(value === true),
    ...options,
  });
}

/** A default that the gateway fills into a request where the client left the key out. */
export function requestDefault(
  words: Omit<RowText, 'group'>,
  type: 'integer' | 'number',
  key: string,
  range: Range,
): FieldRow {
  return row({ ...words, group: 'Request defaults' }, type, {
    appliesTo: 'request',
    requestKey: key,
    min: range[0],
    max: range[1],
  });
}

/** What the program itself, or the runtime the engine is started in, acts on. */
export function ours(
  words: RowText,
  type: FieldRow['type'],
  appliesTo: 'runtime' | 'supervisor',
  options: RowOptions = {},
): FieldRow {
  return row(words, type, { ...options, appliesTo, render: () => [] });
}

/** A time that the program itself keeps, not the engine. */
export function timeout(words: Omit<RowText, 'group'>, range: Range, usual: number | null): FieldRow {
  const defaultFor = () => usual;
  return ours({ ...words, group: 'Timeouts' }, 'integer', 'supervisor', {
    unit: 's',
    min: range[0],
    max: range[1],
    defaultFor,
  });
}

/** Refuses a text that does not look like `expression`. */
export function pattern(expression: RegExp, message: string): FieldRow['check'] {
  return (value) => (typeof value === 'string' && !expression.test(value) ? message : null);
}
