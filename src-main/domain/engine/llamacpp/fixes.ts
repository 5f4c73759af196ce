import type { Fix } from '../failure-rule.ts';
import type { FieldValues, MachineFacts } from '../field-table.ts';
import { llamacppRows } from './rows.ts';

const SMALLEST_CONTEXT = 512;
const FULL_SIZE_CACHE = new Set([undefined, null, 'f16', 'bf16', 'f32']);

/** Half the context, where it can be halved. */
export function smallerContext(fields: FieldValues): Fix[] {
  const context = numberOf(fields, 'context_size');
  if (context === null || context <= SMALLEST_CONTEXT) return [];
  const half = Math.max(SMALLEST_CONTEXT, Math.floor(context / 2));
  return [{ title: `Halve the context to ${half} tokens`, patch: { context_size: half } }];
}

const SMALLER_MODEL: Fix = { title: 'Choose a smaller or more quantized model', patch: null };

/** Weights that found no room: what the context takes comes later, and is no help. */
export function roomForWeights(fields: FieldValues, where: 'gpu' | 'host'): Fix[] {
  return [...(where === 'gpu' ? fittingLayers(fields) : mappedFile(fields)), SMALLER_MODEL];
}

function fittingLayers(fields: FieldValues): Fix[] {
  const isFixed = typeof fields['ngl'] === 'number' && fields['ngl'] > 0;
  if (!isFixed && fields['fit'] !== false) return [];
  return [
    {
      title: 'Put only as many layers on the GPU as fit',
      patch: { ngl: null, ...(fields['fit'] === false ? { fit: null } : {}) },
    },
  ];
}

function mappedFile(fields: FieldValues): Fix[] {
  const mode = fields['load_mode'] ?? 'auto';
  return mode === 'mmap' || mode === 'auto'
    ? []
    : [{ title: 'Map the file instead of reading it whole', patch: { load_mode: 'mmap' } }];
}

/** What makes a model need less memory, least loss first. */
export function smallerMemory(fields: FieldValues, machine: MachineFacts, where: 'gpu' | 'host'): Fix[] {
  const fixes = [...smallerContext(fields)];
  if (FULL_SIZE_CACHE.has(fields['cache_type_k'] as string | null | undefined) && fields['flash_attention'] !== false) {
    fixes.push({
      title: 'Halve the KV cache: q8_0 for K and V',
      patch: { cache_type_k: 'q8_0', cache_type_v: 'q8_0', flash_attention: true },
    });
  }
  const slots = numberOf(fields, 'parallel_slots');
  if (slots !== null && slots > 1) fixes.push({ title: 'One slot only', patch: { parallel_slots: 1 } });
  fixes.push(...(where === 'gpu' ? fittingLayers(fields) : mappedFile(fields)));
  const cache = fields['cache_ram_mb'] ?? defaultOf('cache_ram_mb', machine);
  if (where === 'host' && cache !== 0) fixes.push({ title: 'Keep no prompt cache', patch: { cache_ram_mb: 0 } });
  return fixes;
}

function numberOf(fields: FieldValues, name: string): number | null {
  const value = fields[name] ?? defaultOf(name, null);
  return typeof value === 'number' ? value : null;
}

const ANY_MACHINE: MachineFacts = { logicalCores: 1, physicalCores: 1, totalMemoryBytes: 0, backend: 'cpu' };

function defaultOf(name: string, machine: MachineFacts | null) {
  return llamacppRows.find((row) => row.name === name)?.defaultFor(machine ?? ANY_MACHINE) ?? null;
}
