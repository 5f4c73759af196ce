import type { DiagnosisInput, EngineDiagnosis, EngineEnd } from '../driver.ts';
import { FAILURE_RULES } from './failure-rules.ts';
import { FAILURE_SIGNALS } from './failure-signals.ts';
import { smallerContext, smallerMemory } from './fixes.ts';
import { levelOf } from './log.ts';

const EVIDENCE_LINES = 6;

/** Why a llama-server ended, from its exit and its log. */
export function diagnoseLlamacpp(input: DiagnosisInput): EngineDiagnosis {
  const { end } = input;
  if (end.spawnError !== null) return fromSpawnError(end.spawnError, input);
  // A rule reads what a failed load said; what a model that ran for hours logged long ago is no cause of its end.
  const lines = end.wasReady ? input.lines.slice(-60) : input.lines;
  for (const rule of FAILURE_RULES) {
    const match = firstMatch(rule.pattern, lines);
    if (!match) continue;
    const summary = typeof rule.summary === 'string' ? rule.summary : rule.summary(match);
    return { code: rule.code, summary, evidence: evidence(lines, match.input), fixes: rule.fixes(input, match) };
  }
  return fromEnd(input, lines);
}

function firstMatch(pattern: RegExp, lines: readonly string[]): RegExpExecArray | null {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match) return match;
  }
  return null;
}

/** The line that decided, and the errors around it. */
function evidence(lines: readonly string[], decisive: string | null): string[] {
  const errors = lines.filter((line) => line === decisive || levelOf(line) === 'error');
  const chosen = errors.length > 0 ? errors : lines.filter((line) => line.trim() !== '');
  const from = decisive === null ? chosen.length - EVIDENCE_LINES : chosen.indexOf(decisive);
  return [...new Set(chosen.slice(Math.max(0, Math.min(from, chosen.length - EVIDENCE_LINES))))].slice(
    0,
    EVIDENCE_LINES,
  );
}

function fromSpawnError(reason: string, input: DiagnosisInput): EngineDiagnosis {
  return {
    code: 'engine_not_startable',
    summary: `The engine’s program could not be started (${reason}).`,
    evidence: evidence(input.lines, null),
    fixes: [{ title: 'Install the engine build again in Settings, or choose another', patch: null }],
  };
}

function fromEnd(input: DiagnosisInput, lines: readonly string[]): EngineDiagnosis {
  const { end } = input;
  if (end.timedOutAfterMs !== null) return fromTimeout(input, lines, end.timedOutAfterMs);
  const during = end.wasReady ? 'while it was running' : 'while it was loading';
  const known = end.signal === null ? undefined : FAILURE_SIGNALS[end.signal];
  if (known) {
    return {
      code: known.code,
      summary: known.summary(during),
      evidence: evidence(lines, null),
      fixes: known.memory ? smallerMemory(input.fields, input.machine, 'host') : known.fixes,
    };
  }
  return {
    code: 'unknown',
    summary: `The engine ended by itself ${during} (${endWords(end)}), and its log does not say a known reason.`,
    evidence: evidence(lines, null),
    fixes: [{ title: 'Read the last lines of the log', patch: null }],
  };
}

function endWords(end: EngineEnd): string {
  return end.signal === null ? `exit code ${end.exitCode ?? 'unknown'}` : `signal ${end.signal}`;
}

function fromTimeout(input: DiagnosisInput, lines: readonly string[], timedOutAfterMs: number): EngineDiagnosis {
  const seconds = Math.round(timedOutAfterMs / 1000);
  return {
    code: 'start_timeout',
    summary: `The model was not ready after ${seconds} s and was ended.`,
    evidence: evidence(lines, null),
    fixes: [
      { title: `Allow ${seconds * 3} s for the start`, patch: { startup_timeout_sec: seconds * 3 } },
      ...smallerContext(input.fields),
    ],
  };
}
