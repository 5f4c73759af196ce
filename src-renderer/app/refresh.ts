import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api } from '../api/client.ts';
import { isActive, useLive } from '../api/live.ts';

/** What a job made, or left unmade, is asked for again when one ends, in whichever window it was begun. */
export function useRefreshAfterJobs(): void {
  const queries = useQueryClient();
  const ended = useLive((live) => live.jobs?.filter((job) => !isActive(job)).length ?? 0);
  useEffect(() => {
    if (ended === 0) return;
    void queries.invalidateQueries({ queryKey: api.engines.key() });
    void queries.invalidateQueries({ queryKey: api.system.check.key() });
    // An image or a build that came changes what a start would do.
    void queries.invalidateQueries({ queryKey: api.models.key() });
  }, [ended, queries]);
}

/** What depends on Docker is asked for again when it comes or goes. */
export function useRefreshWithDocker(): void {
  const queries = useQueryClient();
  const problem = useLive((live) => live.docker?.problem ?? null);
  const known = useRef(problem);
  useEffect(() => {
    const before = known.current;
    known.current = problem;
    // The first word on it is no change.
    if (before === null || before === problem) return;
    void queries.invalidateQueries({ queryKey: api.engines.images.key() });
    void queries.invalidateQueries({ queryKey: api.models.key() });
    void queries.invalidateQueries({ queryKey: api.containers.key() });
    void queries.invalidateQueries({ queryKey: api.system.check.key() });
  }, [problem, queries]);
}
