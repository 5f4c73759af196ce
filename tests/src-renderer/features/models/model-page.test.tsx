// @vitest-environment happy-dom
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { SmartCoercionPlugin } from '@orpc/json-schema';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { client } from '../../../../src-renderer/api/client.ts';
import { App } from '../../../../src-renderer/app/app.tsx';
import { router } from '../../../../src-renderer/app/router.tsx';
import { fakeAdminApi } from '../../../fakes/admin-api.ts';

const MODEL = { to: '/models/$id', params: { id: '1' }, search: { tab: 'configuration' } } as const;

beforeEach(async () => {
  const handler = new OpenAPIHandler(fakeAdminApi('full'), {
    plugins: [new SmartCoercionPlugin({ schemaConverters: [new ZodToJsonSchemaConverter()] })],
  });
  vi.stubGlobal('fetch', async (request: Request) => {
    const { response } = await handler.handle(request);
    return response ?? new Response(null, { status: 404 });
  });
  render(<App />);
  await router.navigate(MODEL);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const field = (label: string) => screen.findByLabelText<HTMLInputElement>(label, { selector: 'input' });
const press = async (name: string) => fireEvent.click(await screen.findByRole('button', { name }));

test('an edit outlives a change made elsewhere and a look at another tab', async () => {
  fireEvent.change(await field('Slots'), { target: { value: '7' } });
  await client.models.update({ id: 1, name: 'Renamed elsewhere' });
  await screen.findByRole('heading', { level: 1, name: 'Renamed elsewhere' });
  expect((await field('Slots')).value).toBe('7');
  expect((await field('Name')).value).toBe('Renamed elsewhere');
  await router.navigate({ ...MODEL, search: { tab: 'overview' } });
  await waitFor(() => expect(screen.queryByLabelText('Slots', { selector: 'input' })).toBeNull());
  await router.navigate(MODEL);
  expect((await field('Slots')).value).toBe('7');
  await press('Discard');
  expect((await field('Slots')).value).toBe('4');
});

test('leaving asks while there is something to lose, and only then', async () => {
  fireEvent.change(await field('Slots'), { target: { value: '7' } });
  await screen.findByRole('button', { name: 'Apply and restart' });
  void router.navigate({ to: '/usage' });
  await screen.findByRole('alertdialog', { name: 'Leave without saving?' });
  await press('Cancel');
  expect(router.state.location.pathname).toBe('/models/1');
  void router.navigate({ to: '/usage' });
  await press('Discard changes');
  await screen.findByRole('heading', { level: 1, name: 'Usage' });
});

test('what a running engine does not have yet is said until it is restarted', async () => {
  fireEvent.change(await field('Slots'), { target: { value: '7' } });
  await press('Save');
  await screen.findByText('Changed since the start: Slots');
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Discard' })).toBeNull());
  await press('Restart');
  await waitFor(() => expect(screen.queryByText(/Changed since the start/)).toBeNull());
});

test('a kept token is removed, or replaced, and never shown', async () => {
  await router.navigate({ ...MODEL, params: { id: '7' } });
  await press('Remove the token');
  await screen.findByText('The token is removed on saving.');
  await press('Save');
  await waitFor(async () => expect((await client.models.get({ id: 7 })).hf_token_set).toBe(false));
  fireEvent.change(await field('Hugging Face token'), { target: { value: 'hf_new' } });
  const changes = await screen.findByRole('list', { name: 'Changes' });
  expect(changes.textContent).toContain('Hugging Face token a new one');
  await press('Save');
  await waitFor(async () => expect((await client.models.get({ id: 7 })).hf_token_set).toBe(true));
  await screen.findByText('A token is kept.');
});

test('what a change needs is said before it is saved: the command, and whether it restarts', async () => {
  fireEvent.change(await field('Slots'), { target: { value: '7' } });
  const changes = await screen.findByRole('list', { name: 'Changes' });
  expect(changes.textContent).toContain('Slots 4 → 7restart');
  await screen.findByText(/-np 7/);
});

test('what the program calls wrong is marked at its field while typing, and Save says why it waits', async () => {
  fireEvent.click(await screen.findByRole('button', { name: /Show all settings/ }));
  fireEvent.change(await field('Shares of the GPUs'), { target: { value: 'half' } });
  await screen.findByRole('button', { name: '1 setting is not valid' });
  expect((await field('Shares of the GPUs')).getAttribute('aria-invalid')).toBe('true');
  expect(screen.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true);
  fireEvent.change(await field('Shares of the GPUs'), { target: { value: '3,1' } });
  expect((await field('Shares of the GPUs')).getAttribute('aria-invalid')).toBeNull();
  expect(screen.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(false);
});

test('a refused save opens the group of its field and marks it there until the field is edited', async () => {
  const { fetch } = globalThis;
  const issues = [{ field: 'tensor_split', message: 'needs two GPUs' }];
  vi.stubGlobal('fetch', async (request: Request) =>
    request.method === 'PATCH'
      ? Response.json({ error: { code: 'validation_failed', message: 'Not valid.', issues } }, { status: 400 })
      : fetch(request),
  );
  fireEvent.change(await field('Slots'), { target: { value: '7' } });
  await press('Save');
  const split = await field('Shares of the GPUs');
  expect(split.getAttribute('aria-invalid')).toBe('true');
  expect(screen.getByRole('alert').textContent).toBe('Needs two GPUs');
  fireEvent.change(split, { target: { value: '3,1' } });
  expect(screen.queryByRole('alert')).toBeNull();
});
