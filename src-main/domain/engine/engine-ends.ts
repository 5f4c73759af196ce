import type { DiagnosisInput, EngineDiagnosis, EngineEnd } from './driver.ts';
import { evidence } from './evidence.ts';
import type { FailureKnowledge, Fix } from './failure-rule.ts';
import { FAILURE_SIGNALS, signalOf } from './failure-signals.ts';

const START_AGAIN: Fix = { title: 'Start it again', patch: null };

/** What the kernel or a person did: certain, whatever the log says. What somebody else did, no line of it tells. */
export function fromOutside(
  knowledge: FailureKnowledge,
  input: DiagnosisInput,
  lines: readonly string[],
): EngineDiagnosis | null {
  const { end } = input;
  if (end.removed) {
    return {
      code: 'container_removed',
      summary: `Its container was removed ${during(end)} by something other than this program.`,
      evidence: [],
      fixes: [START_AGAIN],
    };
  }
  if (end.runtimeLost && !hasOwnReason(end)) return runtimeLost(input);
  if (!end.outOfMemory) return null;
  const limit = input.fields['memory_limit_gb'];
  return {
    code: 'host_out_of_memory',
    summary:
      typeof limit === 'number'
        ? `The engine reached its memory limit of ${limit} GiB ${during(end)} and was ended.`
        : `The memory of this computer was used up ${during(end)}, and the system ended the engine.`,
    evidence: evidence(knowledge, lines, null),
    fixes: [...higherLimit(limit), ...knowledge.lessMemory(input)],
  };
}

/** What an engine exits with when it was asked to end, or was ended with nobody left to see it. */
const NOT_ITS_OWN = new Set(['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGHUP']);

/** An engine that failed of itself while Docker was away has told its reason. */
function hasOwnReason(end: EngineEnd): boolean {
  const signal = signalOf(end);
  if (signal !== null) return !NOT_ITS_OWN.has(signal);
  return end.exitCode !== null && end.exitCode !== 0 && end.exitCode !== UNSEEN_EXIT;
}

/** Docker's exit code for a container that was gone when it came up again: it did not see the end. */
const UNSEEN_EXIT = 255;

function runtimeLost(input: DiagnosisInput): EngineDiagnosis {
  const isRestarted = input.fields['restart_policy'] === 'on_failure';
  return {
    code: 'docker_restarted',
    summary: `Docker, or the whole machine, was stopped or restarted ${during(input.end)}, and the engine ended with it.`,
    evidence: [],
    fixes: [
      START_AGAIN,
      ...(isRestarted
        ? []
        : [{ title: 'From now on start it again by itself', patch: { restart_policy: 'on_failure' } }]),
    ],
  };
}

function higherLimit(limit: unknown): Fix[] {
  if (typeof limit !== 'number') return [];
  return [
    { title: `Allow ${limit * 2} GiB`, patch: { memory_limit_gb: limit * 2 } },
    { title: 'Set no memory limit', patch: { memory_limit_gb: null } },
  ];
}

function during(end: EngineEnd): string {
  return end.wasReady ? 'while it was running' : 'while it was loading';
}

export function fromEnd(knowledge: FailureKnowledge, input: DiagnosisInput, lines: readonly string[]): EngineDiagnosis {
  const { end } = input;
  if (end.timedOutAfterMs !== null) return fromTimeout(knowledge, input, lines, end.timedOutAfterMs);
  const signal = signalOf(end);
  if (signal === 'SIGKILL' && input.runtime === 'container') return killedFromOutside(input);
  if (endedInOrder(knowledge, end, lines)) return terminated(input);
  const known = FAILURE_SIGNALS[signal ?? ''];
  if (known) {
    return {
      code: known.code,
      summary: known.summary(during(end)),
      evidence: evidence(knowledge, lines, null),
      fixes: known.memory ? knowledge.lessMemory(input) : known.fixes,
    };
  }
  return fromExitCode(knowledge, input, lines) ?? unknown(knowledge, input, lines);
}

/** Asked to end, an engine that serves cleans up and exits with 0; it does so of itself only for an error, and says it. */
function endedInOrder(knowledge: FailureKnowledge, end: EngineEnd, lines: readonly string[]): boolean {
  if (signalOf(end) === 'SIGTERM') return true;
  return end.exitCode === 0 && end.wasReady && !lines.some((line) => knowledge.levelOf(line) === 'error');
}

function terminated(input: DiagnosisInput): EngineDiagnosis {
  const asks = input.runtime === 'container' ? ', as “docker stop” does' : '';
  return {
    code: 'terminated',
    summary: `Something outside asked the engine to end ${during(input.end)}${asks}.`,
    evidence: [],
    fixes: [START_AGAIN],
  };
}

/** Docker says of a container whether its own memory ran out. It does not always say so of the whole computer's. */
function killedFromOutside(input: DiagnosisInput): EngineDiagnosis {
  const isLimited = typeof input.fields['memory_limit_gb'] === 'number';
  const killed = `Something outside ended the container by force ${during(input.end)}, as “docker kill” does.`;
  return {
    code: 'killed',
    summary: isLimited ? killed : `${killed} The system does so too when the memory of this computer runs out.`,
    evidence: [],
    fixes: [
      START_AGAIN,
      ...(isLimited
        ? []
        : [{ title: 'If it ends so again, close other programs or choose a smaller model', patch: null }]),
    ],
  };
}

const CONTAINER_EXITS: Readonly<Record<number, readonly [code: string, summary: string]>> = {
  125: ['container_not_startable', 'The container engine could not start the container.'],
  126: ['program_not_executable', 'The image’s program is there, but may not be run.'],
  127: ['program_missing', 'The image does not have the program that should be started.'],
};

function fromExitCode(
  knowledge: FailureKnowledge,
  input: DiagnosisInput,
  lines: readonly string[],
): EngineDiagnosis | null {
  const { exitCode } = input.end;
  if (input.runtime === 'container' && exitCode === UNSEEN_EXIT) return runtimeLost(input);
  const known = input.runtime === 'container' && exitCode !== null ? CONTAINER_EXITS[exitCode] : undefined;
  if (known === undefined) return null;
  const [code, summary] = known;
  const own = input.fields['entrypoint_override'] ?? null;
  return {
    code,
    summary,
    evidence: evidence(knowledge, lines, null),
    fixes: [
      ...(own === null ? [] : [{ title: 'Take the image’s own entrypoint', patch: { entrypoint_override: null } }]),
      { title: 'Check that this is an image of the chosen engine', patch: null },
    ],
  };
}

function unknown(knowledge: FailureKnowledge, input: DiagnosisInput, lines: readonly string[]): EngineDiagnosis {
  const told = evidence(knowledge, lines, null);
  const { end } = input;
  const ended = end.signal === null ? `exit code ${end.exitCode ?? 'unknown'}` : `signal ${end.signal}`;
  return {
    code: 'unknown',
    summary: `The engine ended by itself ${during(end)} (${ended}), and its log does not say a known reason.`,
    evidence: told,
    fixes: [{ title: 'Read the last lines of the log', patch: null }],
  };
}

function fromTimeout(
  knowledge: FailureKnowledge,
  input: DiagnosisInput,
  lines: readonly string[],
  timedOutAfterMs: number,
): EngineDiagnosis {
  const seconds = Math.round(timedOutAfterMs / 1000);
  return {
    code: 'start_timeout',
    summary: `The model was not ready after ${seconds} s and was ended.`,
    evidence: evidence(knowledge, lines, null),
    fixes: [
      { title: `Allow ${seconds * 3} s for the start`, patch: { startup_timeout_sec: Math.min(86_400, seconds * 3) } },
      ...knowledge.fasterStart(input),
    ],
  };
}
