import { MutationCache, QueryCache, QueryClient, useQuery } from '@tanstack/react-query';
import { api } from './client.ts';
import { reportLoggedOut } from './connection.ts';
import { isLoggedOut } from './feed.ts';

function noticeLogout(error: unknown): void {
  if (isLoggedOut(error)) reportLoggedOut();
}

/** Answers stay fresh for a few seconds; a refusal is not asked again, a lost connection is, twice. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: noticeLogout }),
    mutationCache: new MutationCache({ onError: noticeLogout }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        networkMode: 'always',
        retry: (failures, error) => failures < 2 && !('code' in error && 'status' in error),
        retryDelay: (attempt) => 300 * 2 ** attempt,
      },
      mutations: { networkMode: 'always' },
    },
  });
}

export const useProgramInfo = () => useQuery(api.system.info.queryOptions({ staleTime: 60_000 }));
export const useSettings = () => useQuery(api.system.settings.queryOptions());
export const useBuilds = () => useQuery(api.engines.builds.queryOptions());
export const useEngineSpecs = () => useQuery(api.engines.spec.queryOptions({ input: {}, staleTime: 60_000 }));
