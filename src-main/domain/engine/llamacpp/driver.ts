import type { EngineDriver } from '../driver.ts';
import { llamacppCommand, unknownFlags } from './command.ts';
import { diagnoseLlamacpp } from './diagnosis.ts';
import { llamacppFields } from './fields.ts';
import { initialFacts, levelOf, noticesOf, readLine } from './log.ts';

/** llama.cpp's `llama-server`. */
export const llamacpp: EngineDriver = {
  table: llamacppFields,
  command: llamacppCommand,
  initialFacts,
  readLine,
  levelOf,
  diagnose: diagnoseLlamacpp,
  noticesOf,
  unknownFlags,
};
