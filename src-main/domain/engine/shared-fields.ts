import { parseCustomArguments, parseCustomEnvironment } from './custom.ts';
import { json, ours, requestDefault, timeout } from './field-rows.ts';
import type { FieldRow, FieldValue } from './field-table.ts';

/** The rows that every engine has: what the gateway and the program itself act on. */

const MILLION = 1_000_000;
const LONGEST_S = 86_400;

/** What the gateway fills into requests. `repetitionKey` is the engine's own name for the repetition penalty. */
export function requestFields(repetitionKey: 'repeat_penalty' | 'repetition_penalty'): readonly FieldRow[] {
  return [
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
      repetitionKey,
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
      { appliesTo: 'request', check: requestObject },
    ),
  ];
}

/** When an engine is started, how long it may take, and what happens when it ends by itself. */
export function supervisorFields(startTimeoutS: number): readonly FieldRow[] {
  return [
    ours(
      {
        name: 'auto_start',
        label: 'Start with the program',
        help: 'The model is started whenever this program starts.',
        group: 'Start and restart',
      },
      'boolean',
      'supervisor',
    ),
    ours(
      {
        name: 'restart_policy',
        label: 'When it ends by itself',
        help: 'never: it stays down and says why. on_failure: it is started again, each time after a longer pause.',
        group: 'Start and restart',
      },
      'choice',
      'supervisor',
      { choices: ['never', 'on_failure'], defaultFor: () => 'never' },
    ),
    ours(
      {
        name: 'restart_limit',
        label: 'Most restarts',
        help: 'After so many in a row it stays down.',
        group: 'Start and restart',
      },
      'integer',
      'supervisor',
      { min: 0, max: 1000, defaultFor: () => 5 },
    ),
    timeout(
      {
        name: 'startup_timeout_sec',
        label: 'Longest start',
        help: 'A model that is not ready by then counts as failed.',
      },
      [5, LONGEST_S],
      startTimeoutS,
    ),
    timeout(
      {
        name: 'request_timeout_sec',
        label: 'Longest request',
        help: 'A request without a stream is ended after this time.',
      },
      [1, LONGEST_S],
      null,
    ),
    timeout(
      {
        name: 'stream_timeout_sec',
        label: 'Longest silence in a stream',
        help: 'A stream that says nothing this long is ended.',
      },
      [1, LONGEST_S],
      null,
    ),
  ];
}

/** The owner's own flags and environment. `example` is one flag of this engine, as JSON. */
export function customFields(example: string): readonly FieldRow[] {
  return [
    json(
      {
        name: 'engine_startup_args_json',
        label: 'More engine flags',
        help: `A JSON list of flags the table does not have: [${example}].`,
        group: 'Start-up',
      },
      { check: (value) => messageOf(parseCustomArguments(String(value))) },
    ),
    json(
      {
        name: 'engine_startup_env_json',
        label: 'More engine environment',
        help: 'A JSON list of variables: [{"key": "NCCL_P2P_DISABLE", "value": "1"}].',
        group: 'Start-up',
      },
      { check: (value) => messageOf(parseCustomEnvironment(String(value))) },
    ),
  ];
}

/** A default for one of these would change what a client asked for, or how it is answered and metered. */
const CLIENTS_OWN = new Set(['model', 'messages', 'prompt', 'input', 'stream', 'stream_options', 'n']);

function requestObject(value: FieldValue): string | null {
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
