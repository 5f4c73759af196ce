import type { LoggedFacts } from './driver.ts';

/** What is known of an engine before its first line. */
export const initialFacts: LoggedFacts = {
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
};
