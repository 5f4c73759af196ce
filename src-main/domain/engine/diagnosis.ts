import { flagOwners, hasArgument, parseCustomEnvironment, withoutArguments } from './custom.ts';
import type { DiagnosisInput, EngineDiagnosis } from './driver.ts';
import { fromEnd, fromOutside } from './engine-ends.ts';
import { cleanLines, evidence, EVIDENCE_LINES, isGeneric } from './evidence.ts';
import type { FailureKnowledge, FailureRule, Fix } from './failure-rule.ts';
import type { FieldRow, FieldValues } from './field-table.ts';
import { normalizeFlag } from './known-flags.ts';
import { GPU_RULES, START_RULES } from './runtime-failures.ts';

/** What a model that ran for hours logged long ago is no cause of its end. */
const LAST_LINES = 60;

/** Why an engine ended, from its end and its log. */
export function diagnoseWith(knowledge: FailureKnowledge, given: DiagnosisInput): EngineDiagnosis {
  const all = cleanLines(given.lines);
  const input = withReadiness(knowledge, given, all);
  const lines = input.end.wasReady ? all.slice(-LAST_LINES) : all;
  return (
    fromStart(knowledge, input, lines) ??
    fromOutside(knowledge, input, lines) ??
    fromRules(knowledge, input, lines) ??
    fromEnd(knowledge, input, lines)
  );
}

/** One that ended while this program was away was never seen to be ready; its log says so. */
function withReadiness(knowledge: FailureKnowledge, input: DiagnosisInput, lines: readonly string[]): DiagnosisInput {
  const { end } = input;
  const wasReady = end.wasReady || (end.timedOutAfterMs === null && lines.some((line) => knowledge.isReadyLine(line)));
  return wasReady === end.wasReady ? input : { ...input, end: { ...end, wasReady } };
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
    if (rule.when?.(input) === false) continue;
    for (const line of lines) {
      const match = rule.pattern.exec(line);
      if (!match) continue;
      const summary = typeof rule.summary === 'string' ? rule.summary : rule.summary(match, input);
      return { code: rule.code, summary, evidence: [line], fixes: rule.fixes(input, match) };
    }
  }
  return null;
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
