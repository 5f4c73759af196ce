import { json, requestDefault, supervised, toggle } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';
import { parseCustomArguments, parseCustomEnvironment } from '../custom.ts';

const MILLION = 1_000_000;

/** What the gateway fills into requests, what the program keeps itself, and the owner’s own flags. */
export const requestFields: readonly FieldRow[] = [
  requestDefault(
    { name: 'temperature', label: 'Temperature', help: '0 always takes the likeliest token.' },
    'number',
    'temperature',
    [0, 5],
  ),
  requestDefault(
    { name: 'top_p', label: 'Top P', help: 'Keeps the likeliest tokens up to this sum; 1 keeps all.' },
    'number',
    'top_p',
    [0, 1],
  ),
  requestDefault(
    { name: 'top_k', label: 'Top K', help: 'Keeps this many of the likeliest tokens; 0 keeps all.' },
    'integer',
    'top_k',
    [0, MILLION],
  ),
  requestDefault(
    { name: 'min_p', label: 'Min P', help: 'Drops tokens less likely than this share of the likeliest.' },
    'number',
    'min_p',
    [0, 1],
  ),
  requestDefault(
    { name: 'repetition_penalty', label: 'Repetition penalty', help: '1 is none.' },
    'number',
    'repeat_penalty',
    [0, 2],
  ),
  requestDefault(
    { name: 'frequency_penalty', label: 'Frequency penalty', help: '0 is none.' },
    'number',
    'frequency_penalty',
    [-2, 2],
  ),
  requestDefault(
    { name: 'presence_penalty', label: 'Presence penalty', help: '0 is none.' },
    'number',
    'presence_penalty',
    [-2, 2],
  ),
  requestDefault(
    { name: 'max_tokens', label: 'Longest answer', help: 'Tokens an answer may have.' },
    'integer',
    'max_tokens',
    [1, 16 * MILLION],
  ),
  json(
    {
      name: 'custom_request_json',
      label: 'More request defaults',
      help: 'A JSON object whose keys are filled in where a client leaves them out.',
      group: 'Request defaults',
    },
    'request',
    jsonObject,
  ),
];

export const programFields: readonly FieldRow[] = [
  toggle(
    {
      name: 'verbose_logging',
      label: 'Verbose log',
      help: 'The engine logs every step; slows it down.',
      group: 'Start-up',
    },
    '-lv 5',
    null,
    { render: () => [] },
  ),
  supervised(
    {
      name: 'startup_timeout_sec',
      label: 'Longest start',
      help: 'A model that is not ready by then counts as failed.',
    },
    { unit: 's', range: [5, 86_400], defaultFor: () => 300 },
  ),
  supervised(
    {
      name: 'request_timeout_sec',
      label: 'Longest request',
      help: 'A request without a stream is ended after this time.',
    },
    { unit: 's', range: [1, 86_400], defaultFor: () => null },
  ),
  supervised(
    {
      name: 'stream_timeout_sec',
      label: 'Longest silence in a stream',
      help: 'A stream that says nothing this long is ended.',
    },
    { unit: 's', range: [1, 86_400], defaultFor: () => null },
  ),
  json(
    {
      name: 'engine_startup_args_json',
      label: 'More engine flags',
      help: 'A JSON list of flags the table does not have: [{"flag": "--keep", "type": "int", "value": 64}].',
      group: 'Start-up',
    },
    'engine',
    (value) => messageOf(parseCustomArguments(String(value))),
  ),
  json(
    {
      name: 'engine_startup_env_json',
      label: 'More engine environment',
      help: 'A JSON list of variables: [{"key": "CUDA_VISIBLE_DEVICES", "value": "0"}].',
      group: 'Start-up',
    },
    'engine',
    (value) => messageOf(parseCustomEnvironment(String(value))),
  ),
];

/** A default for one of these would change what a client asked for, or how it is answered and metered. */
const CLIENTS_OWN = new Set(['model', 'messages', 'prompt', 'input', 'stream', 'stream_options', 'n']);

function jsonObject(value: unknown): string | null {
  const message = 'must be a JSON object like {"seed": 1}';
  if (typeof value !== 'string') return message;
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return message;
    const own = Object.keys(parsed).find((key) => CLIENTS_OWN.has(key));
    return own === undefined ? null : `"${own}" is what each request says itself and can have no default`;
  } catch {
    return message;
  }
}

function messageOf(parsed: object): string | null {
  return 'message' in parsed ? String(parsed.message) : null;
}
