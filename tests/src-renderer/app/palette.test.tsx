// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import type { Model } from '../../../src-main/contract/models.ts';
import { client } from '../../../src-renderer/api/client.ts';
import { useLive } from '../../../src-renderer/api/live.ts';
import { Palette } from '../../../src-renderer/app/palette.tsx';
import { MODELS } from '../../fakes/admin-models.ts';

vi.mock('@tanstack/react-router', () => ({ useNavigate: () => vi.fn() }));

vi.mock('../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<object>()),
  client: { system: { updateSettings: vi.fn(() => Promise.resolve({})) } },
}));

afterEach(cleanup);

test('a theme chosen in the palette is kept by the program, as one chosen in the settings', async () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Palette open onOpenChange={() => {}} onKeyboardSheet={() => {}} />
    </QueryClientProvider>,
  );
  fireEvent.click(await screen.findByText('Theme: dark'));
  expect(document.documentElement.dataset['theme']).toBe('dark');
  await waitFor(() => expect(client.system.updateSettings).toHaveBeenCalledWith({ theme: 'dark' }));
});

test('an archived model is not offered to be started', async () => {
  useLive.setState({ models: [{ ...MODELS[4], archived: true, name: 'Put aside' } as Model, MODELS[0] as Model] });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Palette open onOpenChange={() => {}} onKeyboardSheet={() => {}} />
    </QueryClientProvider>,
  );
  await screen.findByText(`Stop ${MODELS[0]?.name}`);
  expect(screen.queryByText('Start Put aside')).toBeNull();
});
