// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { useLive } from '../../../../src-renderer/api/live.ts';
import { router } from '../../../../src-renderer/app/router.tsx';
import { DOCKER } from '../../../fakes/admin-surroundings.ts';
import { openWindow } from '../../../fakes/preview-window.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const section = (name: string) => screen.findByRole('region', { name });

test('Docker that comes up is seen without a reload, and its cure is gone', async () => {
  openWindow('no-docker');
  await router.navigate({ to: '/settings' });
  const docker = within(await section('Docker'));
  await docker.findByText('Not running');
  expect(docker.getByText('sudo systemctl start docker')).toBeTruthy();
  expect(within(await section('Engine images')).getByText('Docker does not answer')).toBeTruthy();
  useLive.setState({ docker: DOCKER });
  await docker.findByText(DOCKER.detail);
  expect(docker.queryByText('sudo systemctl start docker')).toBeNull();
  expect(within(await section('Engine images')).queryByText('Docker does not answer')).toBeNull();
});

test('an image in use stays, and the sentence names who uses it', async () => {
  openWindow('full');
  await router.navigate({ to: '/settings' });
  fireEvent.click(await screen.findByRole('button', { name: 'Remove registry.lan:5000/our-llama:cuda12' }));
  const question = await screen.findByRole('alertdialog', { name: 'Remove registry.lan:5000/our-llama:cuda12?' });
  fireEvent.click(within(question).getByRole('button', { name: 'Remove image' }));
  await screen.findByText(/is used by "DeepSeek R1 Distill 14B Q6_K"/);
  expect(screen.getByRole('button', { name: 'Remove registry.lan:5000/our-llama:cuda12' })).toBeTruthy();
});

test('a download shows how far it is and can be cancelled', async () => {
  openWindow('full');
  await router.navigate({ to: '/settings' });
  fireEvent.click(await screen.findByRole('button', { name: 'Download ghcr.io/ggml-org/llama.cpp:server-cuda' }));
  const job = within(await screen.findByRole('region', { name: 'ghcr.io/ggml-org/llama.cpp:server-cuda' }));
  await job.findByText(/of 6 layers done · .+ of 6\.7 GiB/);
  fireEvent.click(job.getByRole('button', { name: 'Cancel' }));
  await waitFor(() =>
    expect(screen.queryByRole('region', { name: 'ghcr.io/ggml-org/llama.cpp:server-cuda' })).toBeNull(),
  );
});
