// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { client } from '../../../../src-renderer/api/client.ts';
import { router } from '../../../../src-renderer/app/router.tsx';
import { openWindow } from '../../../fakes/preview-window.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test('with nothing registered the page explains how one machine is outgrown, and adds the first server', async () => {
  openWindow('empty');
  await router.navigate({ to: '/upstreams' });
  await screen.findByRole('heading', { name: 'More than one machine' });
  fireEvent.click(screen.getAllByRole('button', { name: 'Add upstream' })[0] as HTMLElement);
  const dialog = await screen.findByRole('dialog', { name: 'Add an upstream' });
  fireEvent.change(within(dialog).getByLabelText('Served name'), { target: { value: 'big' } });
  fireEvent.change(within(dialog).getByLabelText('Address'), { target: { value: 'http://10.0.0.5:8000' } });
  fireEvent.click(within(dialog).getByRole('button', { name: 'Add upstream' }));
  await screen.findByText('10.0.0.5:8000');
  await waitFor(() => expect(screen.queryByRole('heading', { name: 'More than one machine' })).toBeNull());
});

test('changing a server keeps its key unless it is replaced or removed', async () => {
  openWindow('full');
  await router.navigate({ to: '/upstreams' });
  fireEvent.click(await screen.findByRole('button', { name: 'More for http://10.0.0.5:8000' }));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Change' }));
  const dialog = await screen.findByRole('dialog', { name: 'Change http://10.0.0.5:8000' });
  within(dialog).getByText('A key is kept.');
  fireEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('dialog', { name: /Change/ })).toBeNull());
  const kept = (await client.upstreams.registry())['qwen3-32b']?.upstreams.find(
    ({ url }) => url === 'http://10.0.0.5:8000',
  );
  expect(kept?.has_api_key).toBe(true);
});
