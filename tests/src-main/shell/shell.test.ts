import fc from 'fast-check';
import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';

interface PortDouble {
  closed: boolean;
}

/** What these four modules take from `electron`; tests/desktop runs the whole shell on a double of it. */
const electron = vi.hoisted(() => ({
  ipcMain: null as EventEmitter | null,
  opened: [] as string[],
  serve: null as ((request: Request) => Promise<Response>) | null,
}));
vi.mock('electron', async () => {
  const { EventEmitter } = await import('node:events');
  electron.ipcMain = new EventEmitter();
  class MessageChannelMain {
    readonly port1 = { closed: false, start: () => undefined, close: () => void (this.port1.closed = true) };
    readonly port2 = {};
  }
  return {
    ipcMain: electron.ipcMain,
    MessageChannelMain,
    protocol: { registerSchemesAsPrivileged: () => undefined },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    shell: { openExternal: (url: string) => Promise.resolve(void electron.opened.push(url)) },
  };
});
const { brokerPorts } = await import('../../../src-main/shell/port-broker.ts');
const { confine, denyPermissions, isOwnPage } = await import('../../../src-main/shell/security.ts');
const { readBounds } = await import('../../../src-main/shell/window-bounds.ts');
const { serveApp } = await import('../../../src-main/shell/app-protocol.ts');

const HOME = 'app://cortex/index.html';

describe('the port broker', () => {
  let served: PortDouble[] = [];
  const frame = (url: string) => ({ url, postMessage: vi.fn() });
  const mainFrame = frame(HOME);
  const contents = { mainFrame };
  const ask = (sender: object, senderFrame: object | null) =>
    electron.ipcMain?.emit('cortex:want-port', { sender, senderFrame });

  beforeEach(() => {
    served = [];
    electron.ipcMain?.removeAllListeners();
    mainFrame.url = HOME;
    brokerPorts(() => ({ webContents: contents }) as never, {
      servePort: (port: PortDouble) => void served.push(port),
    } as never);
  });

  test('serves the main frame of our window, with one live port at a time', () => {
    ask(contents, mainFrame);
    ask(contents, mainFrame);
    expect(served.map(({ closed }) => closed)).toEqual([true, false]);
  });

  test.each([
    ['a frame inside our page, even on our own address', contents, frame(HOME)],
    ['a frame that is gone', contents, null],
    ['the main frame of another window', { mainFrame: frame(HOME) }, frame(HOME)],
    ['another window that names our frame', { mainFrame }, mainFrame],
  ])('gives nothing to %s', (_who, sender, senderFrame) => {
    ask(sender, senderFrame);
    expect(served).toEqual([]);
  });

  test('gives nothing to our window on a foreign page', () => {
    mainFrame.url = 'https://cortex/index.html';
    ask(contents, mainFrame);
    expect(served).toEqual([]);
  });
});

describe('what is our own page', () => {
  test.each([HOME, 'app://cortex/', 'app://cortex/index.html#/models', 'APP://cortex/x'])('%s is', (url) => {
    expect(isOwnPage(url)).toBe(true);
  });

  test.each([
    'app://cortex.example/index.html',
    'app://cortex@evil/index.html',
    'app://evil/app://cortex/',
    'https://cortex/',
    'app:cortex',
    'javascript:app://cortex/',
    'about:blank',
    '',
  ])('%s is not', (url) => {
    expect(isOwnPage(url)).toBe(false);
  });
});

describe('leaving the page', () => {
  function confined() {
    const contents = Object.assign(new EventEmitter(), { setWindowOpenHandler: vi.fn() });
    confine(contents as never);
    const open = contents.setWindowOpenHandler.mock.calls[0]?.[0] as (details: { url: string }) => unknown;
    const navigate = (url: string) => {
      let prevented = false;
      contents.emit('will-navigate', { url, preventDefault: () => (prevented = true) });
      return prevented;
    };
    return { open, navigate };
  }
  beforeEach(() => {
    electron.opened.length = 0;
  });

  test('whatever the address: no second window, no other page, and only https reaches the browser', () => {
    const { open, navigate } = confined();
    const scheme = fc.constantFrom(
      'http:',
      'file:',
      'ssh:',
      'javascript:',
      'data:',
      'vbscript:',
      'smb:',
      'https:',
      'app:',
    );
    fc.assert(
      fc.property(scheme, fc.webPath(), (name, path) => {
        electron.opened.length = 0;
        const url = `${name}//elsewhere.example${path}`;
        expect(open({ url })).toEqual({ action: 'deny' });
        expect(navigate(url)).toBe(true);
        expect(electron.opened).toHaveLength(name === 'https:' ? 2 : 0);
      }),
    );
  });

  test('the page may load itself anew', () => {
    expect(confined().navigate(HOME)).toBe(false);
    expect(electron.opened).toEqual([]);
  });
});

test('every permission but writing to the clipboard is denied, and that one to others', () => {
  const session = {
    setPermissionRequestHandler: vi.fn(),
    setPermissionCheckHandler: vi.fn(),
    setDevicePermissionHandler: vi.fn(),
  };
  denyPermissions(session as never);
  const [request] = session.setPermissionRequestHandler.mock.calls[0] as [
    (contents: null, permission: string, answer: (granted: boolean) => void, details: object) => void,
  ];
  const [check] = session.setPermissionCheckHandler.mock.calls[0] as [
    (contents: null, permission: string, origin: string) => boolean,
  ];
  const asked = (permission: string, requestingUrl: string) => {
    const answer = vi.fn();
    request(null, permission, answer, { requestingUrl });
    return answer.mock.calls[0]?.[0] === true;
  };
  for (const permission of ['clipboard-read', 'media', 'geolocation', 'notifications', 'openExternal', 'fileSystem']) {
    expect([asked(permission, HOME), check(null, permission, 'app://cortex')]).toEqual([false, false]);
  }
  const copy = 'clipboard-sanitized-write';
  expect([asked(copy, HOME), check(null, copy, 'app://cortex')]).toEqual([true, true]);
  expect([asked(copy, 'https://cortex/'), check(null, copy, 'https://cortex')]).toEqual([false, false]);
  const [device] = session.setDevicePermissionHandler.mock.calls[0] as [() => boolean];
  expect(device()).toBe(false);
});

describe('on a folder', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cortex-shell-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const bounds = { x: 10, y: 20, width: 900, height: 700, maximized: false };
  const kept = (content: string) => {
    const path = join(directory, 'window.json');
    writeFileSync(path, content);
    return readBounds(path);
  };

  test('the place of the window is read back', () => {
    expect(kept(JSON.stringify(bounds))).toEqual(bounds);
  });

  test.each([
    ['cut short', '{"x":10,"y"'],
    ['of another shape', '{"x":"10"}'],
    ['too small to hold', JSON.stringify({ ...bounds, width: 3 })],
    ['on a screen that is gone', JSON.stringify({ ...bounds, x: 2500 })],
    ['just above the screen', JSON.stringify({ ...bounds, y: -680 })],
  ])('a place %s is not used', (_what, content) => {
    expect(kept(content)).toBeNull();
  });

  test('whatever the path: the scheme serves files below its folder only', async () => {
    const rendererDir = join(directory, 'renderer');
    mkdirSync(rendererDir);
    writeFileSync(join(rendererDir, 'index.html'), 'inside');
    writeFileSync(join(directory, 'secret.txt'), 'outside');
    serveApp(
      { protocol: { handle: (_scheme: string, serve: typeof electron.serve) => (electron.serve = serve) } } as never,
      rendererDir,
    );
    const get = async (url: string) => (await electron.serve?.(new Request(url)))?.text();
    expect(await get('app://cortex/index.html')).toBe('inside');
    expect(await get('app://other/index.html')).toBe('Not found');
    const part = fc.constantFrom(
      '..',
      '%2e%2e',
      '%2f',
      '%5c',
      '\\',
      '/',
      'renderer',
      'secret.txt',
      '%00',
      '%',
      '.',
      'x',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        expect(await get(`app://cortex/${parts.join('/')}`)).toBe('Not found');
      }),
    );
  });
});
