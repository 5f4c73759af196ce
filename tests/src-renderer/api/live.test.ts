// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import type { Job } from '../../../src-main/contract/jobs.ts';
import { applyJobs, applyModelEvent, endedJobs } from '../../../src-renderer/api/live.ts';
import { MODELS } from '../../fakes/admin-models.ts';

const [first, second] = MODELS;
if (first === undefined || second === undefined) throw new Error('the fake has no models');

test('a changed model keeps its place, a new one goes to the end, a deleted one goes', () => {
  const list = applyModelEvent(null, { type: 'snapshot', models: [first, second] });
  const changed = applyModelEvent(list, { type: 'changed', model: { ...first, state: 'stopped' } });
  expect(changed.map((model) => [model.id, model.state])).toEqual([
    [1, 'stopped'],
    [2, second.state],
  ]);
  const added = applyModelEvent(changed, { type: 'changed', model: { ...first, id: 9 } });
  expect(added.map((model) => model.id)).toEqual([1, 2, 9]);
  expect(applyModelEvent(added, { type: 'deleted', id: 1 }).map((model) => model.id)).toEqual([2, 9]);
});

test('a snapshot after a reconnection forgets what was deleted meanwhile', () => {
  const list = applyModelEvent([first, second], { type: 'snapshot', models: [second] });
  expect(list.map((model) => model.id)).toEqual([2]);
});

test('a job that is over is told from one that goes on', () => {
  const job = (id: string, status: Job['status']) => ({ id, status }) as Job;
  const ended = endedJobs([job('a', 'running'), job('b', 'failed'), job('c', 'queued'), job('d', 'completed')]);
  expect([...ended]).toEqual(['b', 'd']);
});

test('jobs stand newest first, each once', () => {
  const job = (id: string, started_at: number, progress: number) => ({ id, started_at, progress }) as Job;
  const list = applyJobs(applyJobs(null, [job('a', 1, 0), job('b', 2, 0)]), [job('a', 1, 0.5)]);
  expect(list.map((entry) => [entry.id, entry.progress])).toEqual([
    ['b', 0],
    ['a', 0.5],
  ]);
});
