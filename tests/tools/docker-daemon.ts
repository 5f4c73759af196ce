import { spawn, spawnSync } from 'node:child_process';
import { closeSync, globSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A dockerd of the tests' own, with its data in a temporary folder and a bridge no other engine uses. */
export interface TestDaemon {
  readonly host: string;
  readonly folder: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const PREFIX = 'cortex-docker-';
const DEFAULT_SOCKET = '/var/run/docker.sock';
const START_MS = 30_000;
const STOP_MS = 20_000;
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** Where an engine answers already: DOCKER_HOST, or Docker's usual socket. */
export function dockerHostOf(env: NodeJS.ProcessEnv): string | null {
  const candidates = env['DOCKER_HOST'] ? [env['DOCKER_HOST']] : [`unix://${DEFAULT_SOCKET}`];
  return candidates.find((host) => answers(host)) ?? null;
}

/** In a process of its own, so that callers need not wait in promises. */
function answers(host: string): boolean {
  const socket = /^unix:\/\/(.+)$/.exec(host)?.[1];
  const url = /^(?:tcp|http):\/\/(.+)$/.exec(host)?.[1];
  if (socket === undefined && url === undefined) return false;
  const options =
    socket === undefined ? `'http://${url}/_ping'` : `{socketPath:${JSON.stringify(socket)},path:'/_ping'}`;
  const ask = `require('node:http').get(${options},r=>process.exit(r.statusCode===200?0:1)).on('error',()=>process.exit(1))`;
  return spawnSync(process.execPath, ['-e', ask], { timeout: 3000 }).status === 0;
}

/** Starts one, or starts the one of that name again after it was killed. Throws with the end of its log when it does not come up. Wants root, dockerd and iproute2. */
export async function startDaemon(name: string, flags: readonly string[] = []): Promise<TestDaemon> {
  await endLeftovers();
  const folder = join(tmpdir(), `${PREFIX}${process.pid}-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'owner'), String(process.pid));
  const bridge = readOr(join(folder, 'bridge'), '') || addBridge(folder);
  const host = `unix://${folder}/docker.sock`;
  // Dead, but not reaped by its parent: dockerd would take it for alive and wait for it.
  const helperPid = join(folder, 'exec/containerd/containerd.pid');
  if (!isRunning(Number(readOr(helperPid, '0')))) rmSync(helperPid, { force: true });
  const log = openSync(join(folder, 'log'), 'w');
  const daemon = spawn(
    'dockerd',
    [
      ['--data-root', join(folder, 'data')],
      ['--exec-root', join(folder, 'exec')],
      ['-H', host],
      ['-p', join(folder, 'pid')],
      ['--bridge', bridge],
      // Ports reach this machine through docker-proxy; rules of a firewall would be shared with every other engine here.
      ['--iptables=false', '--ip-masq=false'],
      // One that fails is to fail now.
      ['--max-download-attempts=1'],
      flags,
    ].flat(),
    // A group of its own: Ctrl-C is for the tests, which then end it in order.
    { stdio: ['ignore', log, log], detached: true, env: { ...process.env, PATH } },
  );
  closeSync(log);
  daemon.unref();
  const pid = daemon.pid;
  const text = () => readFileSync(join(folder, 'log'), 'utf8').split('\n').slice(-15).join('\n');
  if (pid === undefined) throw new Error('dockerd could not be started');
  const stop = async () => endDaemon(folder, pid);
  for (const until = Date.now() + START_MS; !answers(host); await sleep(100)) {
    if (daemon.exitCode !== null || Date.now() > until) {
      const said = text();
      await stop();
      throw new Error(`dockerd did not come up:\n${said}`);
    }
  }
  return { host, folder, pid, stop };
}

/** The name has at most 15 characters; the network is one of a range that nobody's home uses. */
function addBridge(folder: string): string {
  for (let at = 0; at < 200; at += 1) {
    const number = (process.pid + at) % 200;
    const bridge = `cortextest${number}`;
    if (ip('link', 'add', 'name', bridge, 'type', 'bridge') !== 0) continue;
    writeFileSync(join(folder, 'bridge'), bridge);
    if (ip('addr', 'add', `10.213.${number}.1/24`, 'dev', bridge) === 0 && ip('link', 'set', bridge, 'up') === 0)
      return bridge;
    ip('link', 'delete', bridge);
  }
  rmSync(folder, { recursive: true, force: true });
  throw new Error('no network bridge could be made for dockerd');
}

function ip(...args: string[]): number {
  return spawnSync('ip', args, { stdio: 'ignore', env: { ...process.env, PATH } }).status ?? 1;
}

async function endDaemon(folder: string, pid: number): Promise<void> {
  signal(pid, 'SIGTERM');
  for (const until = Date.now() + STOP_MS; isRunning(pid) && Date.now() < until;) await sleep(100);
  signal(pid, 'SIGKILL');
  await endOffspring(folder);
  const bridge = readOr(join(folder, 'bridge'), '');
  if (bridge !== '') ip('link', 'delete', bridge);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** A dockerd that was killed leaves its containerd, its containers and its mounts behind; one that was told to end, nothing. */
async function endOffspring(folder: string): Promise<void> {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const helpers = ids.filter((id) => {
    const [program = '', ...args] = readOr(`/proc/${id}/cmdline`, '').split('\0');
    return /(^|\/)(containerd\S*|docker-proxy)$/.test(program) && args.some((arg) => arg.startsWith(`${folder}/`));
  });
  const inits = globSync(join(folder, 'exec/containerd/daemon/*/moby/*/init.pid')).map((file) => readOr(file, '0'));
  for (const id of [...inits, ...helpers].map(Number)) {
    try {
      if (id > 1) process.kill(id, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  await sleep(helpers.length > 0 ? 200 : 0);
  const mounts = readOr('/proc/mounts', '')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
    .toReversed();
  for (const path of mounts) spawnSync('umount', ['-l', path], { stdio: 'ignore' });
}

/** What a killed test run left: its daemon, bridge and data. */
async function endLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    const owner = Number(readOr(join(folder, 'owner'), '0'));
    if (owner > 0 && !isRunning(owner)) await endDaemon(folder, Number(readOr(join(folder, 'pid'), '0')));
  }
}

function readOr(path: string, instead: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return instead;
  }
}

function isRunning(pid: number): boolean {
  return readOr(`/proc/${pid}/stat`, '') !== '' && !/^\d+ \(.*\) Z/.test(readOr(`/proc/${pid}/stat`, ''));
}

function signal(pid: number, name: NodeJS.Signals): void {
  // The number of a daemon that is long gone may be another program's by now.
  if (pid <= 0 || !readOr(`/proc/${pid}/cmdline`, '').includes('dockerd')) return;
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}
