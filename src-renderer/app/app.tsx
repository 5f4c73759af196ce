import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useConnection } from '../api/connection.ts';
import { followLive, useModels } from '../api/live.ts';
import { createQueryClient, useSettings } from '../api/queries.ts';
import { followWhileUseful } from '../api/visibility.ts';
import { useEndOfFirstRun } from '../parts/first-run.ts';
import { followSystemTheme, adoptTheme } from '../parts/theme.ts';
import { TooltipProvider } from '../ui/tooltip.tsx';
import { Login } from './login.tsx';
import { useRefreshAfterJobs, useRefreshWithDocker } from './refresh.ts';
import { router } from './router.tsx';

export function App() {
  const [queries] = useState(createQueryClient);
  useEffect(() => {
    const controller = new AbortController();
    followWhileUseful(followLive, controller.signal);
    followSystemTheme(controller.signal);
    return () => controller.abort();
  }, []);
  return (
    <QueryClientProvider client={queries}>
      <TooltipProvider delay={400}>
        <Screens />
      </TooltipProvider>
    </QueryClientProvider>
  );
}

function Screens() {
  const loggedOut = useConnection((connection) => connection.loggedOut);
  useFirstRun();
  useKeptTheme();
  useRefreshAfterJobs();
  useRefreshWithDocker();
  return loggedOut ? <Login /> : <RouterProvider router={router} />;
}

/** The very first visit begins with the check, unless a link led elsewhere or models were added another way. */
function useFirstRun(): void {
  const settings = useSettings();
  const models = useModels();
  const fresh = settings.data?.onboarded === false && models?.length === 0;
  useEndOfFirstRun(models !== null && models.length > 0);
  useEffect(() => {
    if (fresh && ['/', '/models'].includes(router.state.location.pathname)) void router.navigate({ to: '/welcome' });
  }, [fresh]);
}

/** A window that has never chosen takes the theme kept by the program. */
function useKeptTheme(): void {
  const kept = useSettings().data?.theme;
  useEffect(() => {
    if (kept !== undefined) adoptTheme(kept);
  }, [kept]);
}
