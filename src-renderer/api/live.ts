import { create } from 'zustand';
import type { DockerStatus } from '#contract/docker.ts';
import type { Job } from '#contract/jobs.ts';
import type { LiveEvent } from '#contract/live.ts';
import type { Model, ModelEvent } from '#contract/models.ts';
import { client } from './client.ts';
import { reportLive, reportLoggedOut, reportLost } from './connection.ts';
import { keepFeed } from './feed.ts';

interface Live {
  /** Null until the first snapshot. */
  readonly models: readonly Model[] | null;
  readonly jobs: readonly Job[] | null;
  /** Jobs that had ended before this page first heard of them: history, not news. */
  readonly oldJobs: ReadonlySet<string>;
  readonly docker: DockerStatus | null;
}

/** What the program says of itself while it happens. */
export const useLive = create<Live>(() => ({ models: null, jobs: null, oldJobs: new Set(), docker: null }));

/** The list after one more event; a model keeps its place, a new one goes to the end. */
export function applyModelEvent(models: readonly Model[] | null, event: ModelEvent): readonly Model[] {
  switch (event.type) {
    case 'snapshot':
      return event.models;
    case 'changed': {
      const known = models ?? [];
      const exists = known.some((model) => model.id === event.model.id);
      return exists
        ? known.map((model) => (model.id === event.model.id ? event.model : model))
        : [...known, event.model];
    }
    case 'deleted':
      return (models ?? []).filter((model) => model.id !== event.id);
  }
}

/** The first event holds every job, a later one those that changed. Newest first. */
export function applyJobs(known: readonly Job[] | null, changed: readonly Job[]): readonly Job[] {
  const byId = new Map([...(known ?? []), ...changed].map((job) => [job.id, job]));
  return [...byId.values()].sort((left, right) => right.started_at - left.started_at);
}

function receiveJobs(live: Live, jobs: readonly Job[]): Partial<Live> {
  const next = { jobs: applyJobs(live.jobs, jobs) };
  return live.jobs === null ? { ...next, oldJobs: endedJobs(jobs) } : next;
}

/** Ids of the jobs that are over, however they ended. */
export function endedJobs(jobs: readonly Job[]): ReadonlySet<string> {
  return new Set(jobs.filter((job) => !isActive(job)).map((job) => job.id));
}

const nowSeconds = () => Date.now() / 1000;

function receive(live: Live, event: LiveEvent): Partial<Live> {
  switch (event.feed) {
    case 'models':
      return { models: applyModelEvent(live.models, event.event) };
    case 'jobs':
      return receiveJobs(live, event.jobs);
    case 'docker':
      return { docker: event.status };
  }
}

/** Follows models and jobs until `signal` aborts, both over one stream; call once a page. */
export function followLive(signal: AbortSignal): void {
  void keepFeed(
    {
      open: (signal) => client.live.watch(undefined, { signal }),
      onEvent: (event) => useLive.setState((live) => receive(live, event)),
      onLive: reportLive,
      onLost: () => reportLost(nowSeconds()),
      onLoggedOut: reportLoggedOut,
    },
    signal,
  );
}

export function useModels(): readonly Model[] | null {
  return useLive((live) => live.models);
}

export function useModel(id: number): Model | null | undefined {
  return useLive((live) => (live.models === null ? undefined : (live.models.find((model) => model.id === id) ?? null)));
}

export const isActive = (job: Job): boolean => job.status === 'queued' || job.status === 'running';

export function useActiveJob(): Job | null {
  return useLive((live) => live.jobs?.find(isActive) ?? null);
}
