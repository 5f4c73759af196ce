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

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole('button', { name }));

test('a failed row says why, and one click writes the fix, starts the model, and can be taken back', async () => {
  openWindow('full');
  await router.navigate({ to: '/models' });
  await screen.findByText(/The context of 131,072 tokens needs 16.0 GiB/);
  await press('Apply fix and retry: Shorten the context to 76,272 tokens');
  await waitFor(async () => expect((await client.models.get({ id: 8 }))['max_model_len']).toBe(76_272));
  await waitFor(async () => expect((await client.models.get({ id: 8 })).state).not.toBe('failed'));
  await press('Undo');
  await waitFor(async () => expect((await client.models.get({ id: 8 }))['max_model_len']).toBe(131_072));
});

test('the archive is out of sight until it is asked for', async () => {
  openWindow('full');
  await router.navigate({ to: '/models' });
  await screen.findByRole('link', { name: 'Qwen3 8B Q4_K_M' });
  expect(screen.queryByRole('link', { name: 'CodeLlama 34B Q4_0' })).toBeNull();
  await press('Archived 1');
  expect(await screen.findByRole('link', { name: 'CodeLlama 34B Q4_0' })).toBeTruthy();
  expect(screen.queryByRole('link', { name: 'Qwen3 8B Q4_K_M' })).toBeNull();
});

test('arrow keys go from row to row, and keep to the control they began on', async () => {
  openWindow('full');
  await router.navigate({ to: '/models' });
  const first = await screen.findByRole('link', { name: 'Qwen3 8B Q4_K_M' });
  first.focus();
  fireEvent.keyDown(first, { key: 'ArrowDown' });
  expect(document.activeElement?.textContent).toBe('Gemma 4 27B it Q5_K_M');
  fireEvent.keyDown(document.activeElement ?? first, { key: 'End' });
  expect(document.activeElement?.textContent).toBe('Nomic Embed v1.5');
});

test('a container without its model is told of, and removed only after a question that names it', async () => {
  openWindow('full');
  await router.navigate({ to: '/models' });
  await press('Stop and remove cortex-21-old-mixtral');
  const question = await screen.findByRole('alertdialog', { name: 'Stop and remove cortex-21-old-mixtral?' });
  fireEvent.click(within(question).getByRole('button', { name: 'Stop and remove' }));
  await waitFor(() => expect(screen.queryByText('A container runs without its model')).toBeNull());
});

test('without Docker the table stands, and what is missing is said with its cure', async () => {
  openWindow('no-docker');
  await router.navigate({ to: '/models' });
  await screen.findByText('Models in containers cannot run now');
  expect(screen.getByText('sudo systemctl start docker')).toBeTruthy();
  expect(await screen.findByRole('link', { name: 'Qwen3 8B Q4_K_M' })).toBeTruthy();
});
