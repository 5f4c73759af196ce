// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { api } from '../../../src-renderer/api/client.ts';
import { useEndOfFirstRun } from '../../../src-renderer/parts/first-run.ts';

const settings = { host: null, port: null, theme: 'system', on_quit: 'ask', onboarded: false } as const;
const update = vi.fn<(patch: object) => Promise<object>>();
vi.mock('../../../src-renderer/api/client.ts', () => ({
  client: { system: { updateSettings: (patch: object) => update(patch) } },
  api: {
    system: {
      settings: {
        queryKey: () => ['settings'],
        queryOptions: () => ({ queryKey: ['settings'], queryFn: () => settings, staleTime: Infinity }),
      },
    },
  },
}));

afterEach(() => {
  cleanup();
  update.mockReset();
});

function visit(over: boolean, onboarded: boolean): QueryClient {
  const queries = new QueryClient();
  queries.setQueryData(api.system.settings.queryKey(), { ...settings, onboarded });
  const wrapper = ({ children }: { readonly children: ReactNode }) => (
    <QueryClientProvider client={queries}>{children}</QueryClientProvider>
  );
  renderHook(() => useEndOfFirstRun(over), { wrapper });
  return queries;
}

test('a seen check or an existing model is kept, so that the next reload does not begin anew', async () => {
  update.mockResolvedValue({ ...settings, onboarded: true });
  const queries = visit(true, false);
  await vi.waitFor(() =>
    expect(queries.getQueryData(api.system.settings.queryKey())).toMatchObject({ onboarded: true }),
  );
  expect(update).toHaveBeenCalledExactlyOnceWith({ onboarded: true });
});

test('nothing is saved before the check was seen, nor twice', () => {
  visit(false, false);
  visit(true, true);
  expect(update).not.toHaveBeenCalled();
});
