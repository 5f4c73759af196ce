import { useMutation } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { client } from '../api/client.ts';
import { useLive } from '../api/live.ts';
import { Button } from '../ui/button.tsx';
import { Cure } from '../ui/prose.tsx';
import { Notice } from '../ui/state.tsx';
import { toastFailure } from './failure-toast.ts';

/** Asks Docker again at once; the answer comes by the live feed, to every window. */
export function CheckDocker() {
  const check = useMutation({
    mutationFn: () => client.system.docker({ refresh: true }),
    onSuccess: (docker) => useLive.setState({ docker }),
    onError: (error) => toastFailure('Docker could not be asked', error),
  });
  return (
    <Button size="small" busy={check.isPending} onClick={() => check.mutate()}>
      <RefreshCw aria-hidden className="!size-3" />
      Check again
    </Button>
  );
}

/** What keeps containers from running, with the command that mends it; nothing while Docker answers. */
export function DockerNotice() {
  const docker = useLive((live) => live.docker);
  if (docker === null || docker.problem === 'ok') return null;
  return (
    <Notice tone="warning" title="Models in containers cannot run now" action={<CheckDocker />}>
      {docker.detail} {docker.cure === null ? null : <Cure text={docker.cure} />}
      <div className="text-xs">This goes away by itself as soon as Docker answers. Plain processes run on.</div>
    </Notice>
  );
}
