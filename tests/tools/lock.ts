/**
 * Completes package-lock.json so that `npm ci` works on every platform and compiles nothing.
 *
 * npm writes only the optional packages of the machine it ran on, and then refuses that lock elsewhere; and a lock does
 * not carry better-sqlite3's `gypfile: false`, so npm would rebuild it from source. `npm run lock` mends both after an
 * install; `npm run check` runs this file with `--check`, which changes nothing and exits 1 when something is missing.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

interface LockPackage {
  version?: string;
  optional?: boolean;
  gypfile?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}
interface Lock {
  packages: Record<string, LockPackage>;
}

const LOCK_FILE = 'package-lock.json';
const NEVER_BUILT = ['node_modules/better-sqlite3'];
const run = promisify(execFile);

/** The lock paths npm would look at for `name` wanted by the package at `from`, nearest first. */
function candidates(from: string, name: string): string[] {
  const paths: string[] = [];
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    paths.push(`${base === '' ? '' : `${base}/`}node_modules/${name}`);
    if (base === '') return paths;
  }
}

/** Optional packages some package names and no entry of the lock satisfies: name -> exact version. */
function missingOptional(lock: Lock): Map<string, string> {
  const missing = new Map<string, string>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!candidates(path, name).some((candidate) => lock.packages[candidate])) missing.set(name, version);
    }
  }
  return missing;
}

/** `npm view` of one package. A platform's package that a registry lacks in this version is described by its newest one. */
async function view(name: string, range: string): Promise<unknown> {
  const fields = ['version', 'os', 'cpu', 'libc', '--json'];
  const { stdout } = await run('npm', ['view', `${name}@${range}`, ...fields]).catch(() =>
    run('npm', ['view', name, ...fields]),
  );
  return JSON.parse(stdout);
}

async function describe(name: string, range: string): Promise<LockPackage> {
  const parsed = await view(name, range);
  const newest = (Array.isArray(parsed) ? parsed.at(-1) : parsed) as Record<string, string | string[]>;
  const list = (value: string | string[] | undefined) => (value === undefined ? undefined : [value].flat());
  const facts: LockPackage = { version: /^\d/.test(range) ? range : String(newest['version']), optional: true };
  for (const key of ['os', 'cpu', 'libc'] as const) {
    const value = list(newest[key]);
    if (value) facts[key] = value;
  }
  return facts;
}

async function complete(lock: Lock): Promise<number> {
  const missing = [...missingOptional(lock)];
  for (let at = 0; at < missing.length; at += 8) {
    const batch = missing.slice(at, at + 8);
    const found = await Promise.all(batch.map(async ([name, range]) => [name, await describe(name, range)] as const));
    for (const [name, facts] of found) lock.packages[`node_modules/${name}`] = facts;
  }
  for (const path of NEVER_BUILT) {
    const entry = lock.packages[path];
    if (entry) entry.gypfile = false;
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return missing.length;
}

const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as Lock;
if (process.argv.includes('--check')) {
  const problems = [
    ...[...missingOptional(lock).keys()].map((name) => `${name} is missing`),
    ...NEVER_BUILT.filter((path) => lock.packages[path]?.gypfile !== false).map((path) => `${path} would be compiled`),
  ];
  if (problems.length > 0) {
    console.error(`${LOCK_FILE} is incomplete; run "npm run lock":\n  ${problems.join('\n  ')}`);
    process.exitCode = 1;
  }
} else {
  const added = await complete(lock);
  writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${LOCK_FILE}: ${added} optional packages of other platforms added`);
}
