import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { SettingsPatch } from '#contract/system.ts';
import { api, client } from '../api/client.ts';
import { toastFailure } from './failure-toast.ts';
import { setTheme, type Theme } from './theme.ts';

/** Keeps settings in the program, and shows them at once wherever they stand. */
export function useUpdateSettings() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (patch: SettingsPatch) => client.system.updateSettings(patch),
    onSuccess: (after) => queries.setQueryData(api.system.settings.queryKey(), after),
    onError: (error) => toastFailure('The setting was not saved', error),
  });
}

/** Sets the theme of this window and keeps it for the next ones. */
export function useChooseTheme(): (theme: Theme) => void {
  const { mutate: update } = useUpdateSettings();
  return useCallback(
    (theme) => {
      setTheme(theme);
      update({ theme });
    },
    [update],
  );
}
