import { flagOwners, hasArgument, parseCustomEnvironment, withoutArguments } from './custom.ts';
import type { DiagnosisInput, EngineDiagnosis, EngineEnd, LogLevel } from './driver.ts';
import type { FailureRule, Fix } from './failure-rule.ts';
import { FAILURE_SIGNALS, signalOf } from './failure-signals.ts';
import type { FieldRow, FieldValues } from './field-table.ts';
import { normalizeFlag } from './known-flags.ts';
import { GPU_RULES, START_RULES } from './runtime-failures.ts';

/** What an engine knows of its own failures. */
export interface FailureKnowledge {
  /** The first rule that fits wins, so the most specific come first. */
  readonly rules: readonly FailureRule[];
  /** Lines that only tell that something failed, never what. */
  readonly generic: readonly RegExp[];
  /** Lines that tell how it goes: whatever words they hold, they are no cause. */
  readonly talk: RegExp | null;
  /** Takes off what the engine writes before the text of a line. */
  readonly textOf: (line: string) => string;
  readonly levelOf: (line: string) => LogLevel;
  /** What makes it need less of the computer's memory. */
  readonly lessMemory: (input: DiagnosisInput) => Fix[];
  /** What makes it start sooner. */
  readonly fasterStart: (input: DiagnosisInput) => Fix[];
}

const EVIDENCE_LINES = 6;
/** What a model that ran for hours logged long ago is no cause of its end. */
const LAST_LINES = 60;

/** Why an engine ended, from its end and its log. */
export function diagnoseWith(knowledge: FailureKnowledge, input: DiagnosisInput): EngineDiagnosis {
  const { end } = input;
  const all = cleanLines(input.lines);
  const lines = end.wasReady ? all.slice(-LAST_LINES) : all;
  return (
    fromStart(knowledge, input, lines) ??
    fromOutside(knowledge, input, lines) ??
    fromRules(knowledge, input, lines) ??
    fromEnd(knowledge, input, lines)
  );
}

/** Terminal colours go, and what overwrote one line becomes several. */
function cleanLines(lines: readonly string[]): string[] {
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  const colours = /\u001B\[[0-9;?]*[A-Za-z]/g;
  return lines.flatMap((line) => line.replaceAll(colours, '').split(/\r+/)).filter((line) => line.trim() !== '');
}

function fromStart(knowledge: FailureKnowledge, input: DiagnosisInput, lines: readonly string[]) {
  const reason = input.end.spawnError;
  if (reason === null) return null;
  const found = firstRule(START_RULES, [reason], input);
  if (found !== null) return found;
  const container = input.runtime === 'container';
  return {
    code: container ? 'container_not_startable' : 'engine_not_startable',
    summary: container
      ? `The container could not be started: ${reason}`
      : `The engine’s program could not be started (${reason}).`,
    evidence: [...(container ? [reason] : []), ...evidence(knowledge, lines, null)].slice(0, EVIDENCE_LINES),
    fixes: container
      ? [{ title: 'Read what the container engine says above, and start it again', patch: null }]
      : [{ title: 'Install the engine build again in Settings, or choose another', patch: null }],
  };
}

/** What the kernel or a person did: certain, whatever the log says. */
function fromOutside(
  knowledge: FailureKnowledge,
  input: DiagnosisInput,
  lines: readonly string[],
): EngineDiagnosis | null {
  const { end } = input;
  if (end.removed) {
    return {
      code: 'container_removed',
      summary: `Its container was removed ${during(end)} by something other than this program.`,
      evidence: evidence(knowledge, lines, null),
      fixes: [{ title: 'Start it again', patch: null }],
    };
  }
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

function higherLimit(limit: unknown): Fix[] {
  if (typeof limit !== 'number') return [];
  return [
    { title: `Allow ${limit * 2} GiB`, patch: { memory_limit_gb: limit * 2 } },
    { title: 'Set no memory limit', patch: { memory_limit_gb: null } },
  ];
}

function fromRules(
  knowledge: FailureKnowledge,
  input: DiagnosisInput,
  lines: readonly string[],
): EngineDiagnosis | null {
  const { end } = input;
  const lives = end.exitCode === null && end.signal === null && end.timedOutAfterMs === null;
  const specific = lines.filter((line) => !isGeneric(knowledge, line));
  const rules = [...knowledge.rules, ...GPU_RULES];
  const causes = firstRule(
    rules.filter((rule) => rule.isHarmless !== true),
    specific.filter((line) => knowledge.talk?.test(line) !== true),
    input,
  );
  const found = causes ?? (lives ? firstRule(rules, specific, input) : null);
  return found === null ? null : { ...found, evidence: evidence(knowledge, lines, found.evidence[0] ?? null) };
}

function firstRule(
  rules: readonly FailureRule[],
  lines: readonly string[],
  input: DiagnosisInput,
): EngineDiagnosis | null {
  for (const rule of rules) {
    for (const line of lines) {
      const match = rule.pattern.exec(line);
      if (!match) continue;
      const summary = typeof rule.summary === 'string' ? rule.summary : rule.summary(match, input);
      return { code: rule.code, summary, evidence: [line], fixes: rule.fixes(input, match) };
    }
  }
  return null;
}

function isGeneric(knowledge: FailureKnowledge, line: string): boolean {
  return knowledge.generic.some((pattern) => pattern.test(line));
}

/** Lines of a traceback that name only where, not what. */
const TRACEBACK =
  /^\s*(?:Traceback \(most recent call last\)|File "|\^+|~+|During handling of the above|The above exception was|\[Previous line repeated|[|+]|raise |return |self\.|await |with |$)|^\s{2,}\S/;

const EXCEPTION = /^(?:[\w]+\.)*\w*(?:Error|Exception|Interrupt|Exit|IsEnabled)\b(?::|$)/;

/** The line that decided and the errors after it; without one, the last lines that say something, the exception first. */
function evidence(knowledge: FailureKnowledge, lines: readonly string[], decisive: string | null): string[] {
  const isNoise = (line: string) => TRACEBACK.test(knowledge.textOf(line)) || isGeneric(knowledge, line);
  const telling = lines.filter((line) => line === decisive || !isNoise(line));
  const isError = (line: string) => knowledge.levelOf(line) === 'error' || EXCEPTION.test(knowledge.textOf(line));
  if (decisive !== null) {
    const after = telling.slice(telling.indexOf(decisive) + 1).filter(isError);
    return [...new Set([decisive, ...after])].slice(0, EVIDENCE_LINES);
  }
  const errors = telling.filter(isError);
  const last = (errors.length > 0 ? errors : telling).slice(-EVIDENCE_LINES);
  const exception = telling.findLast((line) => EXCEPTION.test(knowledge.textOf(line)));
  return [...new Set([...(exception === undefined ? [] : [exception]), ...last])].slice(0, EVIDENCE_LINES);
}

function during(end: EngineEnd): string {
  return end.wasReady ? 'while it was running' : 'while it was loading';
}

function fromEnd(knowledge: FailureKnowledge, input: DiagnosisInput, lines: readonly string[]): EngineDiagnosis {
  const { end } = input;
  if (end.timedOutAfterMs !== null) return fromTimeout(knowledge, input, lines, end.timedOutAfterMs);
  const known = FAILURE_SIGNALS[signalOf(end) ?? ''];
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

/** Takes away what put flags on the command line: the owner's own flags, and the fields behind the others. */
export function withoutFlags(fields: FieldValues, rows: readonly FieldRow[], flags: readonly string[]): Fix[] {
  const plain = flags.map(normalizeFlag);
  const own = plain.filter((flag) => hasArgument(fields, flag));
  const owners = new Set(plain.filter((flag) => !own.includes(flag)).map((flag) => flagOwners(rows).get(flag)));
  const set = rows.filter((row) => owners.has(row.name) && (fields[row.name] ?? null) !== null);
  if (own.length === 0 && set.length === 0) return [];
  const patch = {
    ...(own.length === 0 ? {} : { engine_startup_args_json: withoutArguments(fields, own) }),
    ...Object.fromEntries(set.map((row) => [row.name, null])),
  };
  return [{ title: `Start without ${[...own, ...set.map((row) => `“${row.label}”`)].join(' and ')}`, patch }];
}

/** The owner's own environment with one variable more. */
export function withVariable(fields: FieldValues, key: string, value: string): Fix[] {
  const source = fields['engine_startup_env_json'];
  const parsed = typeof source === 'string' ? parseCustomEnvironment(source) : { items: [] };
  if (!('items' in parsed) || parsed.items.some((item) => item.key === key)) return [];
  const all = [...parsed.items, { key, value }];
  return [{ title: `Set ${key}=${value}`, patch: { engine_startup_env_json: JSON.stringify(all) } }];
}
