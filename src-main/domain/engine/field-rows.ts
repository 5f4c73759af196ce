import type { FieldRow, FieldValue, MachineFacts } from './field-table.ts';

/** What every row says; the rest has a default that fits most rows. */
type RowText = Pick<FieldRow, 'name' | 'label' | 'help' | 'group'>;
type RowOptions = Partial<Omit<FieldRow, keyof RowText | 'type'>>;

function row(text: RowText, type: FieldRow['type'], options: RowOptions): FieldRow {
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
    since: null,
    until: null,
    defaultFor: () => null,
    render: (value) => renderWith(options.flag ?? null, value),
    check: () => null,
    ...options,
    ...text,
    type,
  };
}

function renderWith(flag: string | null, value: FieldValue): readonly string[] {
  if (flag === null || value === null) return [];
  return [flag, Array.isArray(value) ? value.join(',') : String(value)];
}

export function integer(
  text: RowText,
  flag: string,
  range: readonly [number, number],
  options: RowOptions = {},
): FieldRow {
  return row(text, 'integer', { flag, min: range[0], max: range[1], ...options });
}

export function decimal(
  text: RowText,
  flag: string,
  range: readonly [number, number],
  options: RowOptions = {},
): FieldRow {
  return row(text, 'number', { flag, min: range[0], max: range[1], ...options });
}

export function choice(text: RowText, flag: string, choices: readonly string[], options: RowOptions = {}): FieldRow {
  return row(text, 'choice', { flag, choices, ...options });
}

export function text(words: RowText, flag: string, options: RowOptions = {}): FieldRow {
  return row(words, 'string', { flag, ...options });
}

/** A switch with one flag for on and one for off; a null flag where that side needs none. */
export function toggle(words: RowText, on: string | null, off: string | null, options: RowOptions = {}): FieldRow {
  const render = (value: FieldValue) => {
    const flag = value === true ? on : off;
    return flag === null ? [] : [flag];
  };
  return row(words, 'boolean', { flag: on ?? off, render, ...options });
}

/** A default that the gateway fills into a request where the client left the key out. */
export function requestDefault(
  words: Omit<RowText, 'group'>,
  type: 'integer' | 'number',
  key: string,
  range: readonly [number, number],
): FieldRow {
  return row({ ...words, group: 'Request defaults' }, type, {
    appliesTo: 'request',
    requestKey: key,
    min: range[0],
    max: range[1],
  });
}

export interface SupervisedOptions {
  readonly unit: string;
  readonly range: readonly [number, number];
  readonly defaultFor: (machine: MachineFacts) => FieldValue;
}

/** A time that the program itself keeps, not the engine. */
export function supervised(words: Omit<RowText, 'group'>, options: SupervisedOptions): FieldRow {
  return row({ ...words, group: 'Timeouts' }, 'integer', {
    appliesTo: 'supervisor',
    unit: options.unit,
    min: options.range[0],
    max: options.range[1],
    defaultFor: options.defaultFor,
  });
}

/** A text that holds JSON, checked by `check`, rendered by the driver. */
export function json(words: RowText, appliesTo: 'engine' | 'request', check: FieldRow['check']): FieldRow {
  return row(words, 'string', { appliesTo, check, render: () => [] });
}

/** Refuses a text that does not look like `expression`. */
export function pattern(expression: RegExp, message: string): FieldRow['check'] {
  return (value) => (typeof value === 'string' && !expression.test(value) ? message : null);
}
