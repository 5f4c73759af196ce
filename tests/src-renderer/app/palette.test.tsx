// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { client } from '../../../src-renderer/api/client.ts';
import { Palette } from '../../../src-renderer/app/palette.tsx';

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
