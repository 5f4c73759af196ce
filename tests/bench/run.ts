/**
 * `npm run bench`: the gateway with keys and metering on, beside a bare forwarder, nginx where installed, and the engine
 * itself, all in one run against one stub engine, as ratios: machines differ, and shared ones are noisy. Then start-up
 * time and idle memory of the bundled program. Flags: `--rounds 5`, `--seconds 2`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../../src-main/launch.ts';
import { load, median, streams, type LoadResult, type StreamResult, type Target } from './load.ts';
import { startNginx } from './nginx.ts';
import { BenchProcess } from './process.ts';
import { measureStartup } from './startup.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' } },
});
const rounds = Number(values.rounds);
const durationMs = Number(values.seconds) * 1000;
const STREAMS = 256;

/** Rounds are interleaved, so that a noisy moment of the machine meets every target. */
async function measure(targets: readonly Target[], concurrency: number): Promise<Map<string, LoadResult>> {
  const results = new Map<string, LoadResult[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets) results.get(target.name)?.push(await load(target, concurrency, durationMs));
  }
  const middle = (list: LoadResult[], pick: (result: LoadResult) => number) => median(list.map(pick));
  return new Map(
    [...results].map(([name, list]) => [
      name,
      {
        requestsPerSecond: middle(list, (r) => r.requestsPerSecond),
        p50Ms: middle(list, (r) => r.p50Ms),
        p99Ms: middle(list, (r) => r.p99Ms),
      },
    ]),
  );
}

function printLoad(concurrency: number, results: Map<string, LoadResult>): void {
  const bare = results.get('bare forwarder');
  console.log(`\nConcurrency ${concurrency}, median of ${rounds} rounds`);
  console.table(
    Object.fromEntries(
      [...results].map(([name, result]) => [
        name,
        {
          'req/s': Math.round(result.requestsPerSecond),
          'of bare': bare ? (result.requestsPerSecond / bare.requestsPerSecond).toFixed(2) : '',
          'p50 ms': result.p50Ms.toFixed(2),
          'p99 ms': result.p99Ms.toFixed(2),
          'p50 above bare': bare ? (result.p50Ms - bare.p50Ms).toFixed(2) : '',
        },
      ]),
    ),
  );
}

function printStreams(results: Map<string, StreamResult>): void {
  console.log(
    `\n${STREAMS} concurrent streams of 50 chunks, one every 20 ms: delay from the engine's write to arrival`,
  );
  console.table(
    Object.fromEntries(
      [...results].map(([name, r]) => [
        name,
        { chunks: r.chunks, 'p50 ms': r.p50Ms.toFixed(1), 'p99 ms': r.p99Ms.toFixed(1), 'most at once': r.mostAtOnce },
      ]),
    ),
  );
}

const directory = mkdtempSync(join(tmpdir(), 'cortex-bench-'));
await using stack = new AsyncDisposableStack();
stack.defer(() => rmSync(directory, { recursive: true, force: true }));
const upstream = stack.use(await BenchProcess.start('upstream'));
const bare = stack.use(await BenchProcess.start('bare-forwarder', [String(upstream.port)]));
const gateway = stack.use(await BenchProcess.start('gateway', [String(upstream.port), directory]));
const nginx = await startNginx(upstream.port, directory);
if (nginx) stack.use(nginx);
else console.log('nginx is not installed: left out');

const targets: Target[] = [
  { name: 'engine itself', port: upstream.port, token: '' },
  { name: 'bare forwarder', port: bare.port, token: '' },
  ...(nginx ? [{ name: 'nginx', port: nginx.port, token: '' }] : []),
  { name: 'gateway', port: gateway.port, token: gateway.token },
];
for (const target of targets) await load(target, 16, 1_000);
const at16 = await measure(targets, 16);
printLoad(16, at16);
const at1 = await measure(targets, 1);
printLoad(1, at1);
const streamed = new Map<string, StreamResult>();
for (const target of targets) streamed.set(target.name, await streams(target, STREAMS));
printStreams(streamed);
await stack.disposeAsync();

buildIfStale();
const startups = [];
for (let round = 0; round < rounds; round += 1) startups.push(await measureStartup(join('out', 'main', 'headless.js')));
console.log(
  `\nBundled headless program, median of ${rounds}: ready in ${Math.round(median(startups.map((s) => s.readyMs)))} ms, idle at ${Math.round(median(startups.map((s) => s.idleMib ?? Number.NaN)))} MiB`,
);

const ratio = (at16.get('gateway')?.requestsPerSecond ?? 0) / (at16.get('bare forwarder')?.requestsPerSecond ?? 1);
const above = (at1.get('gateway')?.p50Ms ?? 0) - (at1.get('bare forwarder')?.p50Ms ?? 0);
console.log(
  `Aims: ${ratio.toFixed(2)} of the bare forwarder at concurrency 16 (0.9 or more); ${above.toFixed(2)} ms p50 above it at 1 (0.3 or less); ${streamed.get('gateway')?.chunks} of ${STREAMS * 50} chunks, at most ${streamed.get('gateway')?.mostAtOnce} at once`,
);
