import type { EngineDriver } from './driver.ts';
import type { EngineName } from './field-table.ts';
import { llamacpp } from './llamacpp/driver.ts';

const DRIVERS: Readonly<Partial<Record<EngineName, EngineDriver>>> = { llamacpp };

/** The driver of an engine; null for one this program cannot run yet. */
export function driverOf(engine: EngineName): EngineDriver | null {
  return DRIVERS[engine] ?? null;
}
