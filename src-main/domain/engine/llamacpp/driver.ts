import { describeFlags } from '../custom.ts';
import type { EngineDriver } from '../driver.ts';
import { readTwoColumnHelp } from '../known-flags.ts';
import { flagIssues, llamacppCommand } from './command.ts';
import { llamacppPolicy } from './custom.ts';
import { diagnoseLlamacpp } from './diagnosis.ts';
import { llamacppFields } from './fields.ts';
import { initialFacts } from '../initial-facts.ts';
import { levelOf, noticesOf, readLine } from './log.ts';
import { START_TIMEOUT_S } from './rows.ts';

/** llama.cpp's `llama-server`. */
export const llamacpp: EngineDriver = {
  engine: 'llamacpp',
  programName: 'llama-server',
  container: {
    defaultImage: 'ghcr.io/ggml-org/llama.cpp:server-cuda',
    // The image's own health check asks this port.
    port: 8080,
    modelsDir: '/models',
    // A GPU that the image has no code of its own for is compiled for at the first start, for minutes.
    cache: { dir: '/cache', env: { HOME: '/cache', CUDA_CACHE_PATH: '/cache/nv' } },
    rootGroup: false,
    readOnlyRoot: true,
    sharedMemoryGiB: 1,
    flagProbes: [{ argv: ['/app/llama-server', '--help'] }, { argv: ['llama-server', '--help'] }],
  },
  stopGraceMs: 5000,
  startTimeoutS: START_TIMEOUT_S,
  table: llamacppFields,
  command: llamacppCommand,
  advice: () => [],
  initialFacts,
  readLine,
  levelOf,
  diagnose: diagnoseLlamacpp,
  noticesOf,
  help: { args: ['--help'], timeoutMs: 5000 },
  describeFlags: (known) => describeFlags(known, llamacppFields.rows, llamacppPolicy),
  readFlags: readTwoColumnHelp,
  flagIssues,
};
