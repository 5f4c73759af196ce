import type { EngineDriver } from '../driver.ts';
import { flagsInHelp } from '../llamacpp/custom.ts';
import { vllmCommand } from './command.ts';
import { vllmFields } from './fields.ts';
import { vllmContainer } from './container.ts';

/** vLLM's `vllm serve`. */
export const vllm: EngineDriver = {
  engine: 'vllm',
  container: vllmContainer,
  stopGraceMs: 30_000,
  startTimeoutS: 600,
  table: vllmFields,
  command: vllmCommand,
  initialFacts: {
    stage: 'start',
    phase: 'Starting the engine',
    fraction: 0.01,
    backend: null,
    devices: [],
    gpuLayers: null,
    slotContext: null,
    slots: null,
    kvCacheTokens: null,
    maxConcurrency: null,
    weightsGiB: null,
    listening: false,
  },
  readLine: (facts, line) =>
    line.includes('Application startup complete')
      ? { ...facts, stage: 'ready', phase: 'Ready', fraction: 1, listening: true }
      : facts,
  levelOf: (line) => (/ ERROR /.test(line) ? 'error' : / WARNING /.test(line) ? 'warning' : 'info'),
  diagnose: ({ lines }) => ({
    code: 'unknown',
    summary: 'The engine ended by itself, and its log does not say a known reason.',
    evidence: lines.slice(-6),
    fixes: [],
  }),
  noticesOf: () => [],
  readFlags: (text) => {
    const spellings = flagsInHelp(text);
    return spellings.size === 0
      ? null
      : { version: null, flags: new Map([...spellings].map((spelling) => [spelling, { choices: null }])) };
  },
  flagIssues: () => [],
};
