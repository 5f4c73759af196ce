import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChildEngineProcesses } from '../../../../../src-main/core/adapters/processes/engine-process.ts';
import { isAlive } from '../../../../../src-main/core/adapters/processes/identity.ts';
import { LineReader } from '../../../../../src-main/core/adapters/processes/line-reader.ts';
import { countPhysicalCores } from '../../../../../src-main/core/adapters/processes/machine.ts';
import { RotatingFile } from '../../../../../src-main/core/adapters/processes/rotating-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cortex-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function shell(script: string, lines: string[] = []) {
  return new ChildEngineProcesses().spawn({
    launchId: 'launch-1',
    port: 0,
    executable: '/bin/sh',
    args: ['-c', script],
    env: { SECRET: 'hush-hush' },
    secrets: ['hush-hush'],
    logFile: join(dir, 'engine.log'),
    title: '$ sh',
    onLine: (line) => lines.push(line),
  });
}

describe('an engine process', () => {
  it('gives every line of both streams, the last one too, without its secret', async () => {
    const lines: string[] = [];
    const child = shell('echo "key $SECRET"; echo oops >&2; printf last', lines);
    expect(await child.ended).toMatchObject({ exitCode: 0, signal: null, spawnError: null });
    expect(lines.toSorted((a, b) => a.localeCompare(b))).toEqual(['key [redacted]', 'last', 'oops']);
    expect(readFileSync(join(dir, 'engine.log'), 'utf8')).toContain('key [redacted]\n');
  });

  it('takes its children with it, however it ends', async () => {
    const lines: string[] = [];
    const child = shell('sleep 60 & echo $!; wait', lines);
    while (lines.length === 0) await sleep(5);
    await child.stop(2000);
    expect(isAlive(Number(lines[0]))).toBe(false);

    const orphans: string[] = [];
    await shell('sleep 60 & echo $!; exit 3', orphans).ended;
    await sleep(20);
    expect(isAlive(Number(orphans[0]))).toBe(false);
  });

  it('is ended by force when it does not listen', async () => {
    const lines: string[] = [];
    const child = shell('trap "" TERM; echo ready; while :; do sleep 0.05; done', lines);
    while (lines.length === 0) await sleep(5);
    const begun = Date.now();
    expect((await child.stop(100)).signal).toBe('SIGKILL');
    expect(Date.now() - begun).toBeLessThan(2000);
    // A second stop of what is over has nothing to do.
    expect((await child.stop(100)).signal).toBe('SIGKILL');
  });

  it('that cannot be started says why and never rejects', async () => {
    const child = new ChildEngineProcesses().spawn({
      launchId: 'x',
      port: 0,
      executable: join(dir, 'nothing'),
      args: [],
      env: {},
      secrets: [],
      logFile: join(dir, 'x.log'),
      title: '',
      onLine: () => undefined,
    });
    expect(child.pid).toBeNull();
    expect((await child.ended).spawnError).toBe('ENOENT');
  });
});

describe('lines', () => {
  it('come out the same however the text was cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r', ' ') })), (pieces) => {
        const inPieces: string[] = [];
        const whole: string[] = [];
        const one = new LineReader([], (line) => inPieces.push(line));
        const other = new LineReader([], (line) => whole.push(line));
        for (const piece of pieces) one.push(piece);
        other.push(pieces.join(''));
        one.end();
        other.end();
        expect(inPieces).toEqual(whole);
      }),
    );
  });

  it('lose terminal commands that a model file may smuggle into a log', () => {
    const lines: string[] = [];
    new LineReader([], (line) => lines.push(line)).push('\u001b[31mred\u001b[0m \u0007bell\r\n');
    expect(lines).toEqual(['red bell']);
  });

  it('without an end do not fill the memory', () => {
    const lines: string[] = [];
    const reader = new LineReader([], (line) => lines.push(line));
    for (let index = 0; index < 100; index += 1) reader.push('x'.repeat(4096));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(9000);
    expect(lines.length).toBeGreaterThan(5);
  });
});

describe('a log file', () => {
  it('stays small: three files, the newest lines kept', async () => {
    for (let round = 0; round < 10; round += 1) {
      await using file = new RotatingFile(join(dir, 'a.log'), 1000, 3);
      for (let line = 0; line < 20; line += 1) file.write(`${round} ${'x'.repeat(30)}`);
    }
    expect(readdirSync(dir).toSorted((a, b) => a.localeCompare(b))).toEqual(['a.log', 'a.log.1', 'a.log.2']);
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).size).toBeLessThanOrEqual(1000);
    expect(readFileSync(join(dir, 'a.log'), 'utf8')).toMatch(/^9 /m);
  });
});

describe('the cores of a machine', () => {
  it('count once where two threads share one', () => {
    const thread = (processor: number, core: number, socket: number) =>
      `processor\t: ${processor}\nphysical id\t: ${socket}\ncore id\t\t: ${core}\n`;
    expect(countPhysicalCores([thread(0, 0, 0), thread(1, 1, 0), thread(2, 0, 0), thread(3, 0, 1)].join('\n'))).toBe(3);
    expect(countPhysicalCores('processor\t: 0\nBogoMIPS: 1\n\nprocessor\t: 1\n')).toBe(2);
    expect(countPhysicalCores('')).toBeNull();
  });
});
