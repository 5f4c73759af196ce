// @vitest-environment happy-dom
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { App } from '../../../src-renderer/app/app.tsx';
import { fakeAdminApi } from '../../fakes/admin-api.ts';

beforeEach(() => {
  const handler = new OpenAPIHandler(fakeAdminApi('full'));
  vi.stubGlobal('fetch', async (request: Request) => {
    const { response } = await handler.handle(request);
    return response ?? new Response(null, { status: 404 });
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function follow(label: string): Promise<void> {
  const link = await screen.findByRole('link', { name: label });
  link.focus();
  fireEvent.click(link);
}

test('a change of screen brings the focus to its heading, and in the playground to the message', async () => {
  render(<App />);
  await screen.findByRole('heading', { level: 1, name: 'Models' });
  expect(document.activeElement).toBe(document.body);
  for (const label of ['Usage', 'Settings', 'Models']) {
    await follow(label);
    const heading = await screen.findByRole('heading', { level: 1, name: label });
    await waitFor(() => expect(document.activeElement).toBe(heading));
  }
  await follow('Playground');
  const field = await screen.findByLabelText('Message');
  await waitFor(() => expect(document.activeElement).toBe(field));
  await follow('Access');
  const heading = await screen.findByRole('heading', { level: 1, name: 'Access' });
  await waitFor(() => expect(document.activeElement).toBe(heading));
}, 15_000);
