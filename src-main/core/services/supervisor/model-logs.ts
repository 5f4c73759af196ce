import type { DiagnosedLogs, LogLine } from '../../../contract/models.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { ModelRecord } from '../../store/models.ts';
import type { LineBatch } from './log-ring.ts';
import { readTail } from './log-tail.ts';
import type { ModelLife } from './model-life.ts';

/** A model's log as it is shown: what is in memory, or the end of its file where this run of the program has none yet. */
export interface LoggedModel {
  readonly model: ModelRecord;
  readonly life: ModelLife;
  readonly file: string;
}

export async function logText(logged: LoggedModel): Promise<string> {
  return (await linesOf(logged)).map((line) => line.text).join('\n');
}

export async function diagnosedLogs(logged: LoggedModel): Promise<DiagnosedLogs> {
  const { state, diagnosis } = logged.life;
  return { logs: await logText(logged), diagnosis, summary: diagnosis?.summary ?? null, state };
}

/** The kept lines at once, then the new ones in batches. */
export async function* watchLines(logged: LoggedModel, signal: AbortSignal): AsyncGenerator<LineBatch, void, void> {
  const { log } = logged.life;
  const earlier = log.lines().length === 0 ? await linesOf(logged) : [];
  yield* log.watch(earlier, signal);
}

async function linesOf({ model, life, file }: LoggedModel): Promise<readonly LogLine[]> {
  const kept = life.log.lines();
  if (kept.length > 0) return kept;
  const { at, text } = await readTail(file);
  const { initialFacts, levelOf, readLine } = driverOf(model.engineType);
  let facts = initialFacts;
  return text.split('\n').flatMap((line, n) => {
    if (line === '') return [];
    const before = facts;
    facts = readLine(before, line);
    const phase = facts.phase === before.phase ? null : facts.phase;
    return [{ n, at, level: levelOf(line), phase, text: line }];
  });
}
