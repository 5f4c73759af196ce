import { validateConfiguration, type EngineName } from '../engine/field-table.ts';
import { TOKEN_TAKEN, type Conversion, type Dropped, type Parsed } from './draft.ts';
import { DIALECTS } from './engine-dialects.ts';

/** Keys of a model itself that a file may set, in our words. */
const OWN = new Set([
  'name',
  'served_model_name',
  'engine_type',
  'runtime',
  'mode',
  'task',
  'local_path',
  'repo_id',
  'engine_build_id',
  'engine_image',
  'engine_digest',
  'hf_token',
]);

/** What a model shows of its life; a file that holds it was copied from one. */
const TOLD = new Set(
  (
    'id state state_detail progress diagnosis engine port container_name request_defaults_json created_at updated_at' +
    ' last_used_at archived hf_token_set container_id error started_at stopped_at'
  ).split(' '),
);

const NO_MODEL = 'The text holds no model: an "engine_type", a "served_model_name" or a source was expected.';
/** Any line of words is a text to YAML. */
const NOT_UNDERSTOOD = 'This is no docker run, vllm serve or llama-server line, and no YAML or JSON of a model.';

/**
 * Reads a configuration of this program or of the older Cortex: one object, or one that holds it as `model` or
 * `configuration`. Every key ends up in the draft, in a conversion, or in what was left out.
 */
export function readConfigurationFile(value: unknown): Parsed {
  const found = modelIn(value);
  if (!found) return { message: typeof value === 'object' && value !== null ? NO_MODEL : NOT_UNDERSTOOD };
  const engine: EngineName = found['engine_type'] === 'llamacpp' ? 'llamacpp' : 'vllm';
  const draft: Record<string, unknown> = { engine_type: engine };
  const dropped: Dropped[] = [];
  const conversions: Conversion[] = [];
  if (found['engine_type'] === undefined) {
    conversions.push({ field: 'engine_type', message: 'was not said and became "vllm", as it was in Cortex' });
  }
  const fields: Record<string, unknown> = {};
  for (const [key, given] of Object.entries(found)) {
    if (given === null || given === undefined || given === '' || key === 'engine_type') continue;
    if (OWN.has(key)) draft[key] = given;
    else if (TOLD.has(key)) dropped.push({ text: key, reason: 'is told by the program and cannot be set' });
    else fields[key] = given;
  }
  takeMode(draft, conversions);
  if (draft['hf_token'] !== undefined) conversions.push(TOKEN_TAKEN);
  const task = draft['task'] === 'embed' ? 'embed' : 'generate';
  const { table } = DIALECTS[engine];
  const read = validateConfiguration({ ...table, rules: () => [] }, task, fields);
  for (const { field, message } of read.issues) {
    dropped.push({ text: `${field}: ${JSON.stringify(fields[field] ?? null)}`, reason: message });
  }
  return {
    source: 'cortex',
    draft: { ...draft, ...read.fields },
    conversions: [...conversions, ...read.notes],
    dropped,
  };
}

/** The older Cortex told the mode by the source, and its exports leave it out. */
function takeMode(draft: Record<string, unknown>, conversions: Conversion[]): void {
  if (draft['mode'] !== undefined) return;
  if (draft['local_path'] === undefined && draft['repo_id'] === undefined) return;
  draft['mode'] = draft['local_path'] === undefined ? 'online' : 'offline';
  conversions.push({ field: 'mode', message: `became "${String(draft['mode'])}", by its source` });
}

const SIGNS = ['engine_type', 'served_model_name', 'local_path', 'repo_id'];

function modelIn(value: unknown): Record<string, unknown> | null {
  if (Array.isArray(value)) return value.length === 1 ? modelIn(value[0]) : null;
  if (typeof value !== 'object' || value === null) return null;
  const object = value as Record<string, unknown>;
  if (SIGNS.some((sign) => object[sign] !== undefined)) return object;
  return modelIn(object['model'] ?? object['configuration'] ?? null);
}
