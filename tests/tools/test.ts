/**
 * `npm test`: everything. Provides what it needs first (Chromium, git and g++, the tools that pack a deb, Docker), then runs the static checks, the unit
 * tests, the tests on the real engine, and the end-to-end tests. What cannot be provided fails the run under `CI=true`
 * and is reported as skipped, with the reason, elsewhere.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runHere } from './commands.ts';
import { providePrerequisites } from './prerequisites.ts';

const inCi = process.env['CI'] === 'true';
const { chromium, compiler, packagers, docker } = providePrerequisites();
const missing = [chromium, compiler, packagers, docker].filter(({ path }) => path === null);
for (const { name, reason } of missing) console.log(`${inCi ? 'MISSING' : 'SKIPPED'} ${name}: ${reason}`);

const checks = runHere(process.execPath, ['tests/tools/check.ts', '--static']);

const projects = ['unit', ...(compiler.path ? ['real'] : []), ...(compiler.path && chromium.path ? ['e2e'] : [])];
const directory = mkdtempSync(join(tmpdir(), 'cortex-test-'));
const report = join(directory, 'report.json');
const tests = runHere(
  'vitest',
  [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...projects.flatMap((name) => ['--project', name]),
  ],
  { ...process.env, ...(chromium.path ? { CORTEX_CHROMIUM: chromium.path } : {}) },
);

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTests: number;
}
let counts: Report = { numPassedTests: 0, numFailedTests: 0, numFailedTestSuites: 1, numPendingTests: 0 };
try {
  counts = JSON.parse(readFileSync(report, 'utf8')) as Report;
} catch {
  console.log('The tests ended without a report.');
}
rmSync(directory, { recursive: true, force: true });

const failed =
  counts.numFailedTests +
  (tests !== 0 && counts.numFailedTests === 0 ? Math.max(1, counts.numFailedTestSuites) : 0) +
  (checks === 0 ? 0 : 1) +
  (inCi ? missing.length : 0);
console.log(
  `${counts.numPassedTests} passed, ${failed} failed, ${counts.numPendingTests + (inCi ? 0 : missing.length)} skipped`,
);
process.exitCode = failed > 0 ? 1 : 0;
