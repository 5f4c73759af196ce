import type { Diagnosis } from '../../../contract/models.ts';
import type { EngineEnd } from '../../../domain/engine/driver.ts';
import type { EngineBuildSource } from '../../ports/engine-builds.ts';

/** Ends that say nothing certain of the model: the engine itself may be the reason. */
const SUSPECT = new Set([
  'crashed',
  'engine_broken',
  'engine_not_startable',
  'illegal_instruction',
  'library_missing',
  'unknown',
]);

/**
 * The diagnosis of a start that failed, corrected where the engine build proves to be broken: the model's file must not
 * be blamed for it. Rejects only with the signal's reason.
 */
export async function blameBrokenEngine(
  diagnosis: Diagnosis,
  end: EngineEnd,
  buildId: string,
  builds: EngineBuildSource,
  signal: AbortSignal,
): Promise<Diagnosis> {
  if (end.wasReady || !SUSPECT.has(diagnosis.code)) return diagnosis;
  const problem = await builds.recheck(buildId, signal);
  if (problem === null) return diagnosis;
  const again = { title: 'Install this build again under Settings, Engine builds, or choose another', patch: null };
  return {
    code: 'engine_broken',
    summary: `The engine itself is broken, not the model: ${problem}`,
    evidence: diagnosis.evidence,
    // What a missing library needs is known better than that something is wrong.
    fixes: diagnosis.code === 'library_missing' ? [again, ...diagnosis.fixes] : [again],
  };
}
