import type { EngineDriver } from './driver.ts';
import type { EngineName } from './field-table.ts';
import { llamacpp } from './llamacpp/driver.ts';
import { vllm } from './vllm/driver.ts';

const DRIVERS: Readonly<Record<EngineName, EngineDriver>> = { llamacpp, vllm };

export function driverOf(engine: EngineName): EngineDriver {
  return DRIVERS[engine];
}
