import { useMutation, useQuery } from '@tanstack/react-query';
import { Cpu, Download } from 'lucide-react';
import { api, client } from '../api/client.ts';
import { describeError } from '../api/errors.ts';
import { isActive, useLive } from '../api/live.ts';
import type { Job } from '#contract/jobs.ts';
import { Button } from '../ui/button.tsx';
import { useNow } from '../ui/figure.tsx';
import { bytes, inWords, timeLeft } from '../ui/format.ts';
import { Cure } from '../ui/prose.tsx';
import { ProgressLine } from '../ui/progress.tsx';
import { ErrorPanel, Notice } from '../ui/state.tsx';
import { toastFailure } from './failure-toast.ts';

/** Bytes a second since it began; null until there is enough to tell. */
function useByteRate({ bytes_written: written, started_at: started }: Job): number | null {
  const seconds = useNow(1_000) - started;
  return written === null || written === 0 || seconds < 2 ? null : written / seconds;
}

/** One job while it runs: what it does, how far, how long still, and a way to stop it. */
export function JobProgress({ job }: { readonly job: Job }) {
  const cancel = useMutation({
    mutationFn: () => client.jobs.cancel({ id: job.id }),
    onError: (error) => toastFailure('The job could not be cancelled', error),
  });
  const rate = useByteRate(job);
  const parts = [job.step];
  if (job.bytes_written !== null && job.total_bytes !== null)
    parts.push(`${inWords(bytes(job.bytes_written))} of ${inWords(bytes(job.total_bytes))}`);
  if (rate !== null) parts.push(`${inWords(bytes(rate))}/s`);
  if (job.eta_seconds !== null) parts.push(timeLeft(job.eta_seconds));
  return (
    <section aria-label={job.title} className="rounded-md border bg-surface px-3 py-2">
      <div className="flex items-center gap-3">
        <div className="min-w-0 flex-1">
          <div className="truncate font-medium">{job.title}</div>
          <div className="truncate text-dim">{parts.join(' · ')}</div>
        </div>
        {job.progress === null ? null : (
          <span className="text-lg font-semibold tabular-nums">
            {Math.round(job.progress * 100)}
            <span className="text-sm font-normal text-dim"> %</span>
          </span>
        )}
        <Button size="small" busy={cancel.isPending} onClick={() => cancel.mutate()}>
          Cancel
        </Button>
      </div>
      <ProgressLine label={job.title} fraction={job.progress} className="mt-2" />
    </section>
  );
}

/** The install job in progress, whoever began it. */
export function useInstallJob(): Job | null {
  return useLive((live) => live.jobs?.find((job) => job.job_type === 'engine_build_install' && isActive(job)) ?? null);
}

/** The newest install, if it failed since this page was opened; older failures are history. */
function useFailedInstall(): Job | null {
  return useLive((live) => {
    const newest = live.jobs?.find((job) => job.job_type === 'engine_build_install');
    if (newest === undefined || live.oldJobs.has(newest.id)) return null;
    return newest.status === 'failed' || newest.status === 'interrupted' ? newest : null;
  });
}

/** Why the last install failed; nothing while there is nothing to say. */
export function InstallFailure() {
  const failed = useFailedInstall();
  if (failed === null) return null;
  const title = failed.error ?? 'It was interrupted. Start it again.';
  return (
    <ErrorPanel what={`${failed.title} could not be installed`} problem={{ title, action: null, requestId: null }} />
  );
}

interface EngineInstallProps {
  /** Words above the button; by default why an engine is needed. */
  readonly title?: string;
}

/** The step that a machine without an engine needs first, with its progress in place. */
export function EngineInstall({ title = 'No engine is installed yet' }: EngineInstallProps) {
  const available = useQuery(api.engines.available.queryOptions({ input: { source: 'carried' } }));
  const running = useInstallJob();
  const install = useMutation({
    mutationFn: () => client.engines.install({ source: 'carried' }),
  });
  const problem = available.data?.[0]?.problem ?? null;
  if (running !== null) return <JobProgress job={running} />;
  return (
    <div className="grid grid-cols-1 gap-2">
      <Notice
        tone="warning"
        title={
          <span className="flex items-center gap-2">
            <Cpu aria-hidden className="size-4" />
            {title}
          </span>
        }
        action={
          <Button tone="primary" busy={install.isPending} disabled={problem !== null} onClick={() => install.mutate()}>
            <Download aria-hidden />
            Install the carried engine
          </Button>
        }
      >
        Cortex carries llama.cpp with it and builds it for this machine: about a minute, without a network.
        {problem === null ? null : (
          <div className="mt-1 text-failed-text">
            <Cure text={problem} />
          </div>
        )}
      </Notice>
      <InstallFailure />
      {install.error === null ? null : (
        <ErrorPanel what="The engine could not be installed" problem={describeError(install.error)} />
      )}
    </div>
  );
}
