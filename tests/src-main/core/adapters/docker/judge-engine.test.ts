import { describe, expect, it } from 'vitest';
import {
  candidateEndpoints,
  type DockerEndpoint,
  type Surroundings,
} from '../../../../../src-main/core/adapters/docker/endpoints.ts';
import { compareVersions, judgeEngine } from '../../../../../src-main/core/adapters/docker/judge-engine.ts';
import type { DockerMachine } from '../../../../../src-main/core/adapters/docker/machine-facts.ts';
import type { EngineInfo, EngineVersion } from '../../../../../src-main/core/adapters/docker/probe.ts';
import { INFOS, MACHINE, VERSIONS } from '../../../../fixtures/docker/engine-answers.ts';

const LINUX: Surroundings = {
  platform: 'linux',
  env: { XDG_RUNTIME_DIR: '/run/user/1000' },
  home: '/home/a',
  userId: 1000,
  currentContext: null,
  contexts: new Map(),
};
const SOCKET: DockerEndpoint = {
  host: 'unix:///var/run/docker.sock',
  foundBy: 'default socket',
  address: { kind: 'socket', path: '/var/run/docker.sock' },
};

const hosts = (changes: Partial<Surroundings>) =>
  candidateEndpoints({ ...LINUX, ...changes }).map(({ host, foundBy }) => `${foundBy}: ${host}`);

function silent(code: string, machine: Partial<DockerMachine> = {}, endpoint = SOCKET) {
  const outcome = { kind: 'silent', code, reason: `it said ${code}` } as const;
  return judgeEngine([{ endpoint, outcome }], { ...MACHINE, ...machine }).status;
}

function answering(version: EngineVersion, info: EngineInfo | null, machine: Partial<DockerMachine> = {}) {
  const outcome = { kind: 'answers', version, info } as const;
  return judgeEngine([{ endpoint: SOCKET, outcome }], { ...MACHINE, ...machine });
}

describe('where an engine is looked for', () => {
  it('is DOCKER_HOST alone when the owner set it: another engine would surprise him', () => {
    expect(
      hosts({ env: { DOCKER_HOST: 'unix:///x.sock' }, currentContext: 'a', contexts: new Map([['a', 'unix:///a']]) }),
    ).toEqual(['DOCKER_HOST: unix:///x.sock']);
  });

  it('is the chosen context first, then every usual socket once', () => {
    const contexts = new Map([['desktop-linux', 'unix:///home/a/.docker/desktop/docker.sock']]);
    expect(hosts({ currentContext: 'desktop-linux', contexts })).toEqual([
      'context desktop-linux: unix:///home/a/.docker/desktop/docker.sock',
      'default socket: unix:///var/run/docker.sock',
      'rootless socket: unix:///run/user/1000/docker.sock',
      'Podman: unix:///run/user/1000/podman/podman.sock',
      'Podman: unix:///run/podman/podman.sock',
    ]);
    expect(hosts({ env: { DOCKER_CONTEXT: 'gone' }, platform: 'win32' })[0]).toBe(
      'default pipe: npipe:////./pipe/docker_engine',
    );
    expect(hosts({ platform: 'darwin' })).toContain('Docker Desktop: unix:///home/a/.docker/run/docker.sock');
  });

  it.each([
    ['tcp://127.0.0.1:2375', { kind: 'tcp', host: '127.0.0.1', port: 2375, tls: false }],
    ['tcp://localhost:2376', { kind: 'tcp', host: 'localhost', port: 2376, tls: true }],
    ['localhost', { kind: 'tcp', host: 'localhost', port: 2375, tls: false }],
    ['npipe:////./pipe/x', { kind: 'socket', path: '//./pipe/x' }],
    ['tcp://10.0.0.5:2375', { kind: 'elsewhere' }],
    ['ssh://user@box', { kind: 'elsewhere' }],
  ])('reads %s', (host, address) => {
    expect(candidateEndpoints({ ...LINUX, env: { DOCKER_HOST: host } })[0]?.address).toEqual(address);
  });
});

describe('what a silent engine means', () => {
  it('tells not installed from not running, each with the command of this distribution', () => {
    const none = new Set<string>();
    expect(silent('ENOENT', { programs: none })).toMatchObject({
      problem: 'not_installed',
      cure: 'Run `sudo apt install docker.io`.',
      host: null,
    });
    expect(silent('ENOENT', { programs: none, distribution: ['fedora'] }).cure).toContain('dnf install moby-engine');
    expect(silent('ENOENT', { programs: none, distribution: ['void'] }).cure).toContain(
      'https://docs.docker.com/engine/install/',
    );
    expect(silent('ENOENT', { programs: none, platform: 'darwin' }).cure).toContain('Docker Desktop');
    expect(silent('ENOENT')).toMatchObject({ problem: 'not_running', cure: 'Run `sudo systemctl start docker`.' });
    expect(silent('ECONNREFUSED')).toMatchObject({
      problem: 'not_running',
      cure: 'Run `sudo systemctl start docker`.',
    });
    expect(silent('ENOENT', { programs: new Set(['podman']) })).toMatchObject({
      problem: 'not_running',
      cure: 'Run `systemctl --user enable --now podman.socket`.',
    });
  });

  it('says that the docker group is as good as root', () => {
    const status = silent('EACCES');
    expect(status.problem).toBe('no_permission');
    expect(status.cure).toContain('`sudo usermod -aG docker $USER`');
    expect(status.cure).toContain('what root can');
  });

  it('refuses the engine of another machine instead of starting models there that nobody can reach', () => {
    const remote = candidateEndpoints({ ...LINUX, env: { DOCKER_HOST: 'ssh://user@box' } })[0]!;
    expect(silent('EREMOTE', {}, remote)).toMatchObject({
      problem: 'unreachable',
      detail: expect.stringContaining('ssh://user@box'),
    });
  });

  it('tells of a locked door rather than of those that are not there', () => {
    const said = ['ENOENT', 'EACCES', 'ENOENT'].map((code) => ({
      endpoint: SOCKET,
      outcome: { kind: 'silent', code, reason: '' } as const,
    }));
    expect(judgeEngine(said, MACHINE).status.problem).toBe('no_permission');
    expect(judgeEngine([], MACHINE).status.problem).toBe('not_running');
    expect(silent('HTTP 500')).toMatchObject({
      problem: 'unreachable',
      detail: expect.stringContaining('it said HTTP 500'),
    });
  });
});

describe('what an engine that answers can do', () => {
  it('speaks the older of its own and our newest version', () => {
    expect(answering(VERSIONS.docker28, INFOS.plain).engine?.facts.api).toBe('1.50');
    expect(answering(VERSIONS.docker29, INFOS.plain).engine?.facts.api).toBe('1.51');
  });

  it('refuses one that is too old, one that is too new, and Windows containers, each with a cure', () => {
    expect(answering(VERSIONS.docker18, null)).toMatchObject({
      status: { problem: 'too_old', cure: expect.any(String) },
      engine: null,
    });
    expect(answering(VERSIONS.tomorrow, null)).toMatchObject({
      status: { problem: 'error', cure: expect.any(String) },
      engine: null,
    });
    expect(answering(VERSIONS.docker28, INFOS.windows)).toMatchObject({ status: { problem: 'error' }, engine: null });
  });

  it('knows Podman and Docker Desktop, rootless and SELinux', () => {
    expect(answering(VERSIONS.podman54, INFOS.fedora).engine?.facts).toMatchObject({
      kind: 'podman',
      version: '5.4.0',
      rootless: true,
      selinux: true,
      liftsLimits: false,
    });
    expect(answering(VERSIONS.docker28, INFOS.desktop).status.kind).toBe('docker-desktop');
    expect(answering(VERSIONS.docker28, null).status).toMatchObject({ problem: 'ok', rootless: false });
  });

  it.each([
    [
      'no NVIDIA GPU',
      INFOS.nvidia,
      { gpus: { nvidia: false, nvidiaDriver: false, amd: true, intel: false } },
      'none',
      null,
      false,
    ],
    [
      'no driver',
      INFOS.nvidia,
      { gpus: { nvidia: true, nvidiaDriver: false, amd: false, intel: false } },
      'driver_missing',
      null,
      true,
    ],
    ['the registered runtime', INFOS.nvidia, {}, 'ready', 'nvidia', false],
    [
      'the hook alone',
      INFOS.plain,
      { programs: new Set(['dockerd', 'nvidia-container-runtime-hook']) },
      'ready',
      'nvidia',
      false,
    ],
    ['CDI devices', INFOS.cdi, {}, 'ready', 'cdi', false],
    ['no toolkit', INFOS.plain, {}, 'no_toolkit', null, true],
    [
      'a toolkit nobody registered',
      INFOS.plain,
      { programs: new Set(['dockerd', 'nvidia-ctk']) },
      'no_toolkit',
      null,
      true,
    ],
    ['a virtual machine', INFOS.desktop, {}, 'unsupported', null, true],
    ['an old driver', INFOS.nvidia, { nvidiaDriver: '550.54.14' }, 'ready', 'nvidia', true],
  ] as const)('with %s', (_, info, machine, status, method, hasCure) => {
    const { gpu } = answering(VERSIONS.docker28, info, machine).status;
    expect(gpu).toMatchObject({ status, method });
    expect(gpu.cure !== null).toBe(hasCure);
  });

  it('names the command that registers the toolkit, Docker’s and Podman’s', () => {
    const machine = { programs: new Set(['dockerd', 'nvidia-ctk']) };
    expect(answering(VERSIONS.docker28, INFOS.plain, machine).status.gpu.cure).toBe(
      'Run `sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`.',
    );
    expect(answering(VERSIONS.podman54, INFOS.fedora, machine).status.gpu.cure).toContain('nvidia-ctk cdi generate');
    expect(answering(VERSIONS.podman54, INFOS.fedora, { nvidiaCdi: true }).status.gpu.method).toBe('cdi');
  });
});

it('compares versions by number: 1.9 is older than 1.41', () => {
  expect(compareVersions('1.9', '1.41')).toBeLessThan(0);
  expect(compareVersions('5.4', '5.4.0')).toBe(0);
  expect(compareVersions('28.2.2+dfsg1', '28.2.1')).toBeGreaterThan(0);
});
