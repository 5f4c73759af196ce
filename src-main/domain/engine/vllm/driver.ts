import type { EngineDriver } from '../driver.ts';
import { describeFlags } from '../custom.ts';
import { readArgparseHelp, readFlagDump } from '../known-flags.ts';
import { vllmAdvice } from './advice.ts';
import { flagIssues, vllmCommand } from './command.ts';
import { vllmContainer } from './container.ts';
import { vllmPolicy } from './custom.ts';
import { diagnoseVllm } from './diagnosis.ts';
import { vllmFields } from './fields.ts';
import { initialFacts } from '../initial-facts.ts';
import { levelOf, noticesOf, readLine } from './log.ts';
import { START_TIMEOUT_S } from './rows.ts';

/** vLLM's `vllm serve`. */
export const vllm: EngineDriver = {
  engine: 'vllm',
  programName: 'vllm',
  container: vllmContainer,
  // It ends its workers one after another.
  stopGraceMs: 30_000,
  startTimeoutS: START_TIMEOUT_S,
  table: vllmFields,
  command: vllmCommand,
  advice: vllmAdvice,
  initialFacts,
  readLine,
  levelOf,
  diagnose: diagnoseVllm,
  noticesOf,
  readFlags: (text) => readFlagDump(text) ?? readArgparseHelp(text),
  // It imports half of Python first.
  help: { args: ['serve', '--help=all'], timeoutMs: 60_000 },
  describeFlags: (known) => describeFlags(known, vllmFields.rows, vllmPolicy),
  flagIssues,
};
