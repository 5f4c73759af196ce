import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Command line and environment of the program; what is absent is decided by the settings and defaults. */
export interface ProgramFlags {
  readonly dataDir: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly modelsDir: string | null;
  readonly open: boolean;
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
  /** The owner's own llama-server: a program to run is named here or in the window's dialog, never over HTTP. */
  readonly llamaServer: string | null;
}

/** Exit status of the desktop program when it could not start and has said why: its launcher then tries nothing else. */
export const START_REFUSED = 3;

/** Failures of a start that have a sentence of their own, by name: their classes load what an older Node cannot. */
const EXPECTED = new Set([
  'UsageError',
  'InstanceRunningError',
  'DataDirectoryError',
  'NewerDatabaseError',
  'DamagedDatabaseError',
  'ListenError',
  'AppError',
]);

/** The sentence of an expected failure to start; null for a bug, which shows its stack. */
export function startProblem(error: unknown): string | null {
  return error instanceof Error && EXPECTED.has(error.name) ? error.message : null;
}

/** Bad input on the command line: the message says which flag and why. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export const HELP = `Usage: npm run headless -- [options]

  --data-dir DIR       where the database, keys, logs and engines live    (CORTEX_DATA_DIR)
  --host ADDRESS       address to listen on, default 127.0.0.1            (CORTEX_HOST)
  --port PORT          port to listen on, default 8084; 0 takes a free one (CORTEX_PORT)
  --models-dir DIR     models base directory                               (CORTEX_MODELS_DIR)
  --no-open            do not open a browser                               (CORTEX_NO_OPEN=1)
  --allow-host NAME    also answer to this Host name; may be repeated      (CORTEX_ALLOW_HOSTS, comma-separated)
  --allow-origin URL   let pages of this origin call /v1; may be repeated  (CORTEX_ALLOW_ORIGINS, comma-separated)
  --llama-server PATH  add your own llama-server as an engine build        (CORTEX_LLAMA_SERVER)
  --help, --version`;

/** Flags win over `CORTEX_*`. Throws UsageError. */
export function readFlags(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): ProgramFlags & { readonly help: boolean; readonly version: boolean } {
  const values = parse(argv);
  const text = (flag: string | undefined, name: string): string | null => {
    const value = flag ?? env[name];
    return value === undefined || value === '' ? null : value;
  };
  const list = (flags: readonly string[] | undefined, name: string) =>
    [...(flags ?? []), ...(env[name] ?? '').split(',')].map((item) => item.trim()).filter((item) => item !== '');
  const path = (value: string | null) =>
    value === null ? null : isAbsolute(value) ? value : resolve(env['INIT_CWD'] ?? process.cwd(), value);
  return {
    dataDir: path(text(values['data-dir'], 'CORTEX_DATA_DIR')) ?? defaultDataDir(env),
    host: text(values.host, 'CORTEX_HOST'),
    port: portOf(text(values.port, 'CORTEX_PORT')),
    modelsDir: path(text(values['models-dir'], 'CORTEX_MODELS_DIR')),
    open: values['no-open'] !== true && !['1', 'true', 'yes'].includes((env['CORTEX_NO_OPEN'] ?? '').toLowerCase()),
    allowHosts: list(values['allow-host'], 'CORTEX_ALLOW_HOSTS').map((host) => host.toLowerCase()),
    allowOrigins: list(values['allow-origin'], 'CORTEX_ALLOW_ORIGINS').map(originOf),
    llamaServer: path(text(values['llama-server'], 'CORTEX_LLAMA_SERVER')),
    help: values.help === true,
    version: values.version === true,
  };
}

const OPTIONS = {
  'data-dir': { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'models-dir': { type: 'string' },
  'no-open': { type: 'boolean' },
  'allow-host': { type: 'string', multiple: true },
  'allow-origin': { type: 'string', multiple: true },
  'llama-server': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

/** The arguments that are ours among those of Electron and Chromium, which share one command line. */
export function ownArguments(argv: readonly string[]): string[] {
  const own: string[] = [];
  argv.forEach((argument, at) => {
    const name = /^--(?<name>[a-z-]+)/.exec(argument)?.groups?.['name'];
    if (name === undefined || !Object.hasOwn(OPTIONS, name)) return;
    own.push(argument);
    const next = argv[at + 1];
    const takesValue = OPTIONS[name as keyof typeof OPTIONS].type === 'string' && !argument.includes('=');
    if (takesValue && next !== undefined) own.push(next);
  });
  return own;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], strict: true, allowPositionals: false, options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function portOf(value: string | null): number | null {
  if (value === null) return null;
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > 65_535)
    throw new UsageError(`--port must be a number from 0 to 65535, not "${value}".`);
  return port;
}

function originOf(value: string): string {
  let url: URL | null = null;
  try {
    url = new URL(value);
  } catch {
    // Said below.
  }
  if (!url || !/^https?:$/.test(url.protocol) || url.origin !== value.replace(/\/$/, '')) {
    throw new UsageError(`--allow-origin must be an origin like https://example.org, not "${value}".`);
  }
  return url.origin;
}

function defaultDataDir(env: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Cortex');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Cortex');
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'cortex');
}
