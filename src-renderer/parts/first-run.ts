import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, client } from '../api/client.ts';
import { useSettings } from '../api/queries.ts';

/**
 * Keeps for good that this program is no longer new, once `over` is true: its check was seen, or a model exists. A save
 * that fails says nothing: nobody asked for it, and the next visit tries again.
 */
export function useEndOfFirstRun(over: boolean): void {
  const queries = useQueryClient();
  const isNew = useSettings().data?.onboarded === false;
  useEffect(() => {
    if (!over || !isNew) return;
    client.system.updateSettings({ onboarded: true }).then(
      (after) => queries.setQueryData(api.system.settings.queryKey(), after),
      () => undefined,
    );
  }, [over, isNew, queries]);
}
