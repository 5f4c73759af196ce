import { listOfTexts, ours, pattern } from './field-rows.ts';
import type { FieldRow, FieldValue } from './field-table.ts';

/** The rows that the runtime acts on, which starts an engine: the same for every engine. */

/** Which GPUs an engine gets. */
export const gpuFields: readonly FieldRow[] = [
  ours(
    {
      name: 'selected_gpus',
      label: 'GPUs',
      help: 'The GPUs this model may use, by number or UUID. Left empty, all of them.',
      group: 'Placement',
    },
    'list',
    'runtime',
    { essential: true, coerce: listOfTexts, check: gpuProblem },
  ),
  ours(
    {
      name: 'device',
      label: 'Device',
      help: 'cuda gives it the GPUs above; cpu gives it none.',
      group: 'Placement',
    },
    'choice',
    'runtime',
    { choices: ['cuda', 'cpu'] },
  ),
];

/** The container an engine runs in. */
export const containerFields: readonly FieldRow[] = [
  ours(
    {
      name: 'memory_limit_gb',
      label: 'Memory limit',
      help: 'The container may take no more of the computer’s memory than this; beyond it the engine is ended.',
      group: 'Container',
    },
    'number',
    'runtime',
    { unit: 'GiB', min: 0.25, max: 65_536, runtime: 'container' },
  ),
  ours(
    {
      name: 'shm_size_gb',
      label: 'Shared memory',
      help: 'Memory that the engine’s processes share; several GPUs need some GiB of it.',
      group: 'Container',
    },
    'number',
    'runtime',
    { unit: 'GiB', min: 0.0625, max: 4096, runtime: 'container' },
  ),
  ours(
    {
      name: 'ipc_mode',
      label: 'Shared memory of',
      help: 'private: the container has its own shared memory. host: it uses the computer’s, and may see what others put there.',
      group: 'Container',
    },
    'choice',
    'runtime',
    { choices: ['private', 'host'], runtime: 'container' },
  ),
  ours(
    {
      name: 'entrypoint_override',
      label: 'Entrypoint',
      help: 'The program an image starts, and its first arguments, where the image’s own is not the engine.',
      group: 'Container',
    },
    'list',
    'runtime',
    { coerce: commaList, runtime: 'container', check: entrypointProblem },
  ),
];

const GPU = /^(?:\d{1,3}|(?:GPU|MIG)-[\w/-]+)$/;

function gpuProblem(value: FieldValue): string | null {
  if (!Array.isArray(value)) return null;
  const wrong = value.find((item) => !GPU.test(item));
  if (wrong !== undefined) return `"${wrong}" is no GPU; write its number (0) or its UUID (GPU-...)`;
  return new Set(value).size === value.length ? null : 'names a GPU twice';
}

/** Cortex wrote it as a text with commas. */
function commaList(raw: unknown): unknown {
  if (typeof raw !== 'string') return raw;
  return raw.trim().startsWith('[') ? listOfTexts(raw) : raw.split(',').map((item) => item.trim());
}

function entrypointProblem(value: FieldValue): string | null {
  if (!Array.isArray(value)) return null;
  if (value.length === 0) return 'must name a program, or be left empty';
  return value.includes('')
    ? 'must not hold an empty part'
    : pattern(/^(?!-)/, 'must begin with a program')(value[0] ?? '');
}
