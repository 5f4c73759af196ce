import { diagnoseWith } from '../diagnosis.ts';
import type { DiagnosisInput, EngineDiagnosis } from '../driver.ts';
import type { FailureKnowledge } from '../failure-rule.ts';
import { FAILURE_RULES } from './failure-rules.ts';
import { smallerContext, smallerMemory } from './fixes.ts';
import { initialFacts } from '../initial-facts.ts';
import { levelOf, readLine } from './log.ts';

const KNOWLEDGE: FailureKnowledge = {
  rules: FAILURE_RULES,
  generic: [/exiting due to (?:model loading|HTTP server) error/, /failed to load model(?: '[^']*')?$/],
  talk: null,
  textOf: (line) => line.replace(/^\d+\.\d\d\.\d{3}\.\d{3} [IWED] /, ''),
  levelOf,
  isReadyLine: (line) => readLine(initialFacts, line).listening,
  lessMemory: (input) => smallerMemory(input.fields, input.machine, 'host'),
  fasterStart: (input) => smallerContext(input.fields),
};

/** Why a llama-server ended, from its end and its log. */
export function diagnoseLlamacpp(input: DiagnosisInput): EngineDiagnosis {
  return diagnoseWith(KNOWLEDGE, { ...input, lines: withoutRetries(input.lines) });
}

/** An allocation that failed and was then done another way is no cause. */
function withoutRetries(lines: readonly string[]): string[] {
  const retried = lines.flatMap((line, index) => (/retrying without pipeline parallelism/.test(line) ? [index] : []));
  return lines.filter((_, index) => !retried.some((retry) => index <= retry && index > retry - ALLOCATION_LINES));
}

/** Lines one failed allocation writes, the retry's own included. */
const ALLOCATION_LINES = 4;
