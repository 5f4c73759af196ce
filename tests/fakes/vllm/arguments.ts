import { FLAGS, type Flag } from './flags.ts';

/** Reads arguments as Python's argparse does, in vLLM's dialect: underscores, beginnings, `--flag=value`, `--config.key`. */

/** What argparse writes to stderr before it exits with 2. */
export class ArgumentError extends Error {}

type Value = string | number | boolean | readonly string[];

export class Values {
  readonly #values: ReadonlyMap<string, Value>;

  constructor(values: ReadonlyMap<string, Value>) {
    this.#values = values;
  }

  text(name: string): string | null {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : null;
  }

  number(name: string): number | null {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : null;
  }

  switch(name: string): boolean | null {
    const value = this.#values.get(name);
    return typeof value === 'boolean' ? value : null;
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  /** What was set, as vLLM logs it. */
  get set(): string {
    const shown = [...this.#values].map(([name, value]) => {
      const text = Array.isArray(value) ? `[${value.map(shownText).join(', ')}]` : shownText(value);
      return `'${name.replaceAll('-', '_')}': ${text}`;
    });
    return `{${shown.join(', ')}}`;
  }
}

function shownText(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return value === true ? 'True' : value === false ? 'False' : String(value);
}

const BY_NAME = new Map(FLAGS.flatMap((flag) => flag.names.map((name) => [name, flag] as const)));

export function parseArguments(argv: readonly string[]): Values {
  const values = new Map<string, Value>();
  const unknown: string[] = [];
  let model: string | null = null;
  for (let at = 0; at < argv.length;) {
    const argument = argv[at] ?? '';
    if (!isOption(argument)) {
      // argparse takes the optional model only at the first place.
      if (at === 0) model = argument;
      else unknown.push(argument);
      at += 1;
      continue;
    }
    const [name, glued] = split(argument);
    const found = lookUp(name);
    if (found === null) {
      unknown.push(argument);
      at += 1;
      continue;
    }
    at = take(found, { argv, at, name, glued }, values);
  }
  if (unknown.length > 0) throw new ArgumentError(`vllm: error: unrecognized arguments: ${unknown.join(' ')}`);
  if (model !== null) values.set('model', model);
  return new Values(values);
}

function isOption(argument: string): boolean {
  return argument.startsWith('-') && argument !== '-' && !/^-\d+(\.\d+)?$/.test(argument);
}

function split(argument: string): [string, string | null] {
  const equals = argument.indexOf('=');
  const name = equals < 0 ? argument : argument.slice(0, equals);
  const [base = '', ...keys] = name.split('.');
  const plain = base.startsWith('--') ? base.replaceAll('_', '-') : base;
  return [[plain, ...keys].join('.'), equals < 0 ? null : argument.slice(equals + 1)];
}

/** By name, or by the beginning of one name only. */
function lookUp(name: string): { readonly flag: Flag; readonly spelled: string } | null {
  const [base = name] = name.split('.');
  const exact = BY_NAME.get(base);
  if (exact) return { flag: exact, spelled: base };
  if (!base.startsWith('--')) return null;
  const candidates = [...BY_NAME.keys()].filter((candidate) => candidate.startsWith(base));
  if (candidates.length > 1) {
    throw new ArgumentError(`vllm serve: error: ambiguous option: ${base} could match ${candidates.join(', ')}`);
  }
  const [only] = candidates;
  const flag = only === undefined ? undefined : BY_NAME.get(only);
  return only === undefined || flag === undefined ? null : { flag, spelled: only };
}

interface Position {
  readonly argv: readonly string[];
  readonly at: number;
  readonly name: string;
  readonly glued: string | null;
}

/** Takes a flag's values; the place of the next argument. */
function take(found: { flag: Flag; spelled: string }, position: Position, values: Map<string, Value>): number {
  const { flag, spelled } = found;
  const { argv, at, name, glued } = position;
  const key = (flag.names[0] ?? '').slice(2);
  const shown = flag.names.filter((spelling) => !spelling.startsWith('--no-')).join('/');
  if (flag.kind === 'switch' || flag.kind === 'negatable') {
    if (glued !== null)
      throw new ArgumentError(`vllm serve: error: argument ${shown}: ignored explicit argument '${glued}'`);
    values.set(key, !spelled.startsWith('--no-'));
    return at + 1;
  }
  const several = flag.kind === 'texts' || flag.kind === 'ints';
  const given = glued === null ? following(argv, at + 1, several) : [glued];
  if (given.length === 0) {
    throw new ArgumentError(
      `vllm serve: error: argument ${shown}: expected ${several ? 'at least one argument' : 'one argument'}`,
    );
  }
  const read = given.map((text) => readValue(flag, text, shown, name.includes('.')));
  values.set(key, several ? given : (read[0] ?? ''));
  return at + 1 + (glued === null ? given.length : 0);
}

function following(argv: readonly string[], from: number, several: boolean): string[] {
  const taken: string[] = [];
  for (const argument of argv.slice(from)) {
    if (isOption(argument) || (!several && taken.length === 1)) break;
    taken.push(argument);
  }
  return taken;
}

const FACTORS: Readonly<Record<string, number>> = { k: 1e3, K: 2 ** 10, m: 1e6, M: 2 ** 20, g: 1e9, G: 2 ** 30 };

function readValue(flag: Flag, text: string, shown: string, dotted: boolean): Value {
  const refuse = (why: string) => new ArgumentError(`vllm serve: error: argument ${shown}: ${why}`);
  if (flag.choices !== null && !flag.choices.includes(text)) {
    const offered = flag.choices.map((choice) => `'${choice}'`).join(', ');
    throw refuse(`invalid choice: '${text}' (choose from ${offered})`);
  }
  switch (flag.kind) {
    case 'int':
    case 'ints':
      if (!/^-?\d+$/.test(text)) throw refuse(`invalid int value: '${text}'`);
      return Number(text);
    case 'float':
      if (text.trim() === '' || !Number.isFinite(Number(text))) throw refuse(`invalid float value: '${text}'`);
      return Number(text);
    case 'human-int': {
      if (text === 'auto') return -1;
      const [, number, suffix] = /^(-?\d+(?:\.\d+)?)([kKmMgG]?)$/.exec(text) ?? [];
      if (number === undefined) throw refuse(`invalid human_readable_int value: '${text}'`);
      return Math.round(Number(number) * (FACTORS[suffix ?? ''] ?? 1));
    }
    case 'json':
      if (!dotted && !isJson(text)) throw refuse(`Value ${text} cannot be converted to <function loads>.`);
      return text;
    default:
      return text;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
