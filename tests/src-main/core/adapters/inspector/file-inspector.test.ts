import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileInspector } from '../../../../../src-main/core/adapters/inspector/file-inspector.ts';

const SELF_TEST = join(import.meta.dirname, '../../../../../resources/self-test-model/cortex-self-test.gguf');
const soon = () => AbortSignal.timeout(20_000);

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cortex-inspect-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A worker program of the test's own. */
function worker(text: string): URL {
  const file = join(root, 'worker.mjs');
  writeFileSync(file, `import { parentPort } from 'node:worker_threads';\n${text}`);
  return pathToFileURL(file);
}

test('the self-test model is read in the worker', async () => {
  await using inspector = new FileInspector();
  expect(await inspector.inspect(SELF_TEST, soon())).toMatchObject({
    ok: true,
    facts: { kind: 'model', task: 'generate' },
  });
  expect(await inspector.read(SELF_TEST, soon())).toMatchObject({ namesPooling: false });
});

test('links, folders and what is not there are errors of the file', async () => {
  await using inspector = new FileInspector();
  symlinkSync(SELF_TEST, join(root, 'link.gguf'));
  const codes = [];
  for (const path of [join(root, 'link.gguf'), root, join(root, 'nothing.gguf')]) {
    const inspection = await inspector.inspect(path, soon());
    codes.push(inspection.ok ? 'ok' : inspection.error.code);
  }
  expect(codes).toEqual(['unreadable', 'not_a_file', 'unreadable']);
});

test('a pipe is never opened: nobody who waits at its other end notices', async () => {
  await using inspector = new FileInspector();
  const pipe = join(root, 'fifo.gguf');
  execFileSync('mkfifo', [pipe]);
  // A writer waits in open() until somebody reads; the touch after it would tell.
  const writer = execFile('/bin/sh', ['-c', `: > '${pipe}'; : > '${join(root, 'opened')}'`]);
  await sleep(100);
  expect(await inspector.inspect(pipe, soon())).toMatchObject({ ok: false, error: { code: 'not_a_file' } });
  await sleep(100);
  expect(existsSync(join(root, 'opened'))).toBe(false);
  writer.kill('SIGKILL');
});

test('a worker that dies takes one answer with it, and the next file is read by a new one', async () => {
  const workerUrl = worker(`parentPort.on('message', ({ path }) => {
    if (path === 'bad') throw new Error('boom');
    parentPort.postMessage({ ok: false, sizeBytes: 1, facts: null, error: { code: 'malformed', message: path } });
  });`);
  await using inspector = new FileInspector({ workerUrl });
  const [bad, good] = await Promise.all([inspector.inspect('bad', soon()), inspector.inspect('good', soon())]);
  expect(bad).toMatchObject({ ok: false, error: { code: 'inspection_failed' } });
  expect(good).toMatchObject({ error: { message: 'good' } });
});

test('a worker that hangs is given up after its time', async () => {
  const workerUrl = worker(`parentPort.on('message', () => { for (;;); });`);
  await using inspector = new FileInspector({ workerUrl, timeoutMs: 200 });
  expect(await inspector.inspect('x', soon())).toMatchObject({ error: { code: 'inspection_timeout' } });
});

test('a worker that eats memory is ended by its limit, not by ours', async () => {
  const workerUrl = worker(
    `parentPort.on('message', () => { const all = []; for (;;) all.push(new Array(1e5).fill({})); });`,
  );
  await using inspector = new FileInspector({ workerUrl, memoryMib: 32 });
  expect(await inspector.inspect('x', soon())).toMatchObject({ error: { code: 'inspection_failed' } });
}, 20_000);

test('who stops waiting gets away at once', async () => {
  const workerUrl = worker(`parentPort.on('message', () => undefined);`);
  await using inspector = new FileInspector({ workerUrl });
  await expect(inspector.inspect('x', AbortSignal.timeout(50))).rejects.toThrow('timeout');
});
