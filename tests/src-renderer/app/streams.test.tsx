// @vitest-environment happy-dom
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { App } from '../../../src-renderer/app/app.tsx';
import { NAVIGATION } from '../../../src-renderer/app/navigation.ts';
import { router } from '../../../src-renderer/app/router.tsx';
import { fakeAdminApi } from '../../fakes/admin-api.ts';

/** Paths of the endless answers that this window holds now. */
const held = new Set<string>();

beforeEach(() => {
  const handler = new OpenAPIHandler(fakeAdminApi('full'));
  vi.stubGlobal('fetch', async (request: Request) => {
    const { response } = await handler.handle(request);
    if (response === undefined) return new Response(null, { status: 404 });
    if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
      const { pathname } = new URL(request.url);
      held.add(pathname);
      request.signal.addEventListener('abort', () => held.delete(pathname));
    }
    return response;
  });
});

afterEach(() => {
  cleanup();
  show('visible');
  vi.unstubAllGlobals();
});

function show(state: 'visible' | 'hidden'): void {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}

const LIVE = '/admin/live/watch';
const LOGS = '/admin/models/1/logs/watch';

test('a window holds one endless stream, the log one more, and a tab out of sight none', async () => {
  render(<App />);
  for (const { to, label } of NAVIGATION.flat()) {
    await router.navigate({ to });
    await screen.findByRole('heading', { level: 1, name: label });
    await waitFor(() => expect([...held]).toEqual([LIVE]));
  }
  await router.navigate({ to: '/models/$id', params: { id: '1' }, search: { tab: 'logs' } });
  await waitFor(() => expect([...held]).toEqual([LIVE, LOGS]));
  show('hidden');
  await waitFor(() => expect([...held]).toEqual([]), { timeout: 3_000 });
  show('visible');
  await waitFor(() => expect([...held].toSorted()).toEqual([LIVE, LOGS]));
  await router.navigate({ to: '/models' });
  await waitFor(() => expect([...held]).toEqual([LIVE]));
}, 15_000);
