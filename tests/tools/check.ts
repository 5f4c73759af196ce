/**
 * `npm run check`: format, lint, types, layers, dead code, the lock file and the unit tests, in under a minute. With
 * `--static` the unit tests are left out (`npm test` runs them with all the others).
 */
import { globSync } from 'node:fs';
import { run } from './commands.ts';

type Check = readonly [name: string, command: string, args: readonly string[]];

const typeChecks: Check[] = globSync('{src-main,src-preload,src-renderer,tests}/{,*/}tsconfig.json').map((path) => [
  `types ${path.replace(/\/tsconfig\.json$/, '')}`,
  'tsc',
  ['-p', path],
]);

const checks: Check[] = [
  ['lint', 'oxlint', ['--type-aware', '--quiet']],
  ['format', 'oxfmt', ['--check', '.']],
  ['layers', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'src-main', 'src-preload', 'src-renderer']],
  ...typeChecks,
  ['dead code', 'knip', []],
  ['lock file', process.execPath, ['tests/tools/lock.ts', '--check']],
  ...(process.argv.includes('--static')
    ? []
    : [['unit tests', 'vitest', ['run', '--project', 'unit', '--silent']] as Check]),
];

const startedAt = performance.now();
const waiting = [...checks];
const failed: string[] = [];

/** Two at a time: most of these use one core. */
async function lane(): Promise<void> {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const [name, command, args] = check;
    const { code, output, elapsedS } = await run(command, args);
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${elapsedS.toFixed(1)} s)`);
    if (code !== 0) {
      failed.push(name);
      console.log(output.trimEnd());
    }
  }
}

await Promise.all([lane(), lane()]);
console.log(
  `${checks.length - failed.length} of ${checks.length} checks passed in ${((performance.now() - startedAt) / 1000).toFixed(0)} s${failed.length > 0 ? `; failed: ${failed.join(', ')}` : ''}`,
);
process.exitCode = failed.length > 0 ? 1 : 0;
