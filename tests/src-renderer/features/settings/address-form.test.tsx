// @vitest-environment happy-dom
import { ORPCError } from '@orpc/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { AddressForm, isWaiting } from '../../../../src-renderer/features/settings/address-form.tsx';

const endpoint = { url: 'http://127.0.0.1:8084', host: '127.0.0.1', port: 8084, reach: 'this-machine' };
const update = vi.fn<(patch: object) => Promise<object>>();
vi.mock('../../../../src-renderer/api/client.ts', () => ({
  client: { system: { updateSettings: (patch: object) => update(patch) } },
  api: { system: { settings: { queryKey: () => ['settings'] } } },
}));
vi.mock('../../../../src-renderer/api/queries.ts', () => ({ useProgramInfo: () => ({ data: { endpoint } }) }));

const settings = { host: null, port: null, theme: 'system', on_quit: 'ask', onboarded: true } as const;

function show(saved: { readonly host: string | null; readonly port: number | null }): HTMLElement {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <AddressForm settings={{ ...settings, ...saved }} />
    </QueryClientProvider>,
  );
  return screen.getByRole('textbox', { name: 'Port' });
}

afterEach(() => {
  cleanup();
  update.mockReset();
});

test('a refused port stands at its field, once, and goes when another is typed', async () => {
  const message = 'Another program listens on 8090.';
  update.mockRejectedValue(
    new ORPCError('validation_failed', {
      status: 400,
      message: `port: ${message}`,
      data: { issues: [{ field: 'port', message }] },
    }),
  );
  const port = show({ host: null, port: null });
  fireEvent.change(port, { target: { value: '8090' } });
  fireEvent.click(screen.getByRole('button', { name: 'Save address' }));
  expect((await screen.findAllByText(message)).length).toBe(1);
  expect(port.getAttribute('aria-invalid')).toBe('true');
  expect(screen.queryByText('The address was not saved')).toBeNull();
  fireEvent.change(port, { target: { value: '8091' } });
  expect(await screen.findByText('0 takes a free one.')).toBeTruthy();
});

test('another saved port says that it waits, and that a --port on the command line would win', () => {
  show({ host: null, port: 8090 });
  expect(screen.getByText(/starts the next time, unless it is started with --host or --port/)).toBeTruthy();
});

test('nothing waits where nothing is saved, the same is, or a free port is asked for', () => {
  for (const port of [null, 8084, 0]) expect(isWaiting({ host: null, port }, endpoint)).toBe(false);
  expect(isWaiting({ host: '0.0.0.0', port: null }, endpoint)).toBe(true);
});
