// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { toast } from 'sonner';
import { afterEach, expect, test, vi } from 'vitest';
import { client } from '../../../../src-renderer/api/client.ts';
import { router } from '../../../../src-renderer/app/router.tsx';
import { openWindow } from '../../../fakes/preview-window.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test('a recipe whose deletion is undone is the very same, with where it came from', async () => {
  openWindow('full');
  await router.navigate({ to: '/recipes' });
  const before = (await client.recipes.list({})).find(({ name }) => name === 'Two GPUs, many users');
  fireEvent.click(await screen.findByRole('button', { name: 'More for Two GPUs, many users' }));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Delete' }));
  await waitFor(() => expect(screen.queryByText('Two GPUs, many users')).toBeNull());
  fireEvent.click(await screen.findByRole('button', { name: 'Undo' }));
  await screen.findByText('Two GPUs, many users');
  const after = (await client.recipes.list({})).find(({ name }) => name === 'Two GPUs, many users');
  expect(after).toEqual(before);
});

test('a recipe whose deletion nobody takes back is gone for good', async () => {
  openWindow('full');
  await router.navigate({ to: '/recipes' });
  fireEvent.click(await screen.findByRole('button', { name: 'More for Two GPUs, many users' }));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Delete' }));
  await screen.findByRole('button', { name: 'Undo' });
  toast.dismiss();
  await waitFor(async () =>
    expect((await client.recipes.list({})).map(({ name }) => name)).not.toContain('Two GPUs, many users'),
  );
});

test('a name that is taken is said at the field, and nothing is lost', async () => {
  openWindow('full');
  await router.navigate({ to: '/recipes' });
  await screen.findByText('Long documents');
  fireEvent.click(await screen.findByRole('button', { name: 'More for Long documents' }));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Rename or describe' }));
  fireEvent.change(await screen.findByLabelText('Recipe name'), { target: { value: 'Two GPUs, many users' } });
  fireEvent.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText(/exists already/)).toBeTruthy();
});
