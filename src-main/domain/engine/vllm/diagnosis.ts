import { diagnoseWith } from '../diagnosis.ts';
import type { DiagnosisInput, EngineDiagnosis } from '../driver.ts';
import type { FailureKnowledge } from '../failure-rule.ts';
import { lessHostMemory, withoutGraphs } from './fixes.ts';
import { initialFacts } from '../initial-facts.ts';
import { levelOf, readLine } from './log.ts';
import { ENGINE_RULES } from './failures/engine.ts';
import { GPU_MEMORY_RULES } from './failures/gpu.ts';
import { MODEL_RULES } from './failures/model.ts';

const KNOWLEDGE: FailureKnowledge = {
  rules: [...GPU_MEMORY_RULES, ...MODEL_RULES, ...ENGINE_RULES],
  generic: [
    /Engine core initialization failed\. See root cause above/,
    /EngineCore failed to start\./,
    /EngineCore encountered (?:a fatal error|an issue)/,
    /died unexpectedly, shutting down executor/,
    /WorkerProc initialization failed due to an exception/,
    /Engine process failed to start/,
  ],
  talk: /^(?:\([^)]*\)\s*)?(?:INFO|DEBUG)\b/,
  textOf: (line) =>
    line
      .replace(/^\([^)]*\)\s?/, '')
      .replace(/^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) \d\d-\d\d \d\d:\d\d:\d\d \[[^\]]*\] ?/, ''),
  levelOf,
  isReadyLine: (line) => readLine(initialFacts, line).listening,
  lessMemory: lessHostMemory,
  fasterStart: (input) => withoutGraphs(input.fields),
};

/** Why a vLLM ended, from its end and its log. */
export function diagnoseVllm(input: DiagnosisInput): EngineDiagnosis {
  return diagnoseWith(KNOWLEDGE, input);
}
