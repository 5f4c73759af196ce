/**
 * Every refusal the program can give, in one closed table: its code, HTTP status, the type OpenAI's clients see, and the
 * sentence a person reads. A sentence says what is wrong and what to do about it. Anything thrown that is not an
 * `AppError` is a bug: it is logged once and answered as `internal_error`.
 */

export type OpenAIErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'service_unavailable'
  | 'server_error';

interface ErrorRow<Data> {
  readonly status: number;
  readonly type: OpenAIErrorType;
  /** The request parameter at fault, in OpenAI's error object. */
  readonly param?: string;
  readonly message: (data: Data) => string;
}

function row<Data = Record<never, never>>(
  status: number,
  type: OpenAIErrorType,
  message: (data: Data) => string,
  param?: string,
): ErrorRow<Data> {
  return param === undefined ? { status, type, message } : { status, type, message, param };
}

const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', '));

export const ERRORS = {
  // Who is asking
  unauthenticated: row(
    401,
    'authentication_error',
    () => 'Log in first: open the login link the program printed, or send the admin token.',
  ),
  invalid_login_link: row(
    401,
    'authentication_error',
    () =>
      'This login link was already used. Restart the program for a new one, or log in with the admin token (the file admin-token in the data directory).',
  ),
  missing_api_key: row(
    401,
    'authentication_error',
    () => 'No API key was sent. Send it as "Authorization: Bearer <key>".',
  ),
  invalid_api_key: row(
    401,
    'authentication_error',
    () => 'This API key is unknown, revoked or expired. Create a new one under Access.',
  ),
  insufficient_scope: row<{ required: string; granted: readonly string[] }>(
    403,
    'permission_error',
    (d) => `This API key lacks the scope "${d.required}"; it has ${list(d.granted)}. Create a key with that scope.`,
  ),
  host_not_allowed: row<{ host: string }>(
    403,
    'permission_error',
    (d) => `The host "${d.host}" is not allowed. Use 127.0.0.1 or localhost, or start with --allow-host ${d.host}.`,
  ),
  origin_not_allowed: row<{ origin: string }>(
    403,
    'permission_error',
    (d) => `Pages of "${d.origin}" may not call this program.`,
  ),
  desktop_only: row<{ action: string; instead: string }>(
    403,
    'permission_error',
    (d) => `${d.action} can only be done in the desktop window. Instead: ${d.instead}`,
  ),

  // What was sent
  validation_failed: row<{ issues: readonly Issue[] }>(
    400,
    'invalid_request_error',
    (d) =>
      d.issues.map((i) => (i.field === '' ? i.message : `${i.field}: ${i.message}`)).join('; ') ||
      'The request is not valid.',
  ),
  invalid_json: row<{ detail: string }>(400, 'invalid_request_error', (d) => `The body is not valid JSON: ${d.detail}`),
  unsupported_media_type: row<{ received: string }>(
    415,
    'invalid_request_error',
    (d) => `Send the body with "Content-Type: application/json" (received "${d.received}").`,
  ),
  body_too_large: row<{ limitBytes: number }>(
    413,
    'invalid_request_error',
    (d) => `The body is larger than ${Math.round(d.limitBytes / 1_048_576)} MiB.`,
  ),
  not_found: row<{ what: string }>(404, 'not_found_error', (d) => `${d.what} was not found.`),
  method_not_allowed: row<{ method: string; path: string }>(
    405,
    'invalid_request_error',
    (d) => `${d.method} is not supported on ${d.path}.`,
  ),

  // Models
  model_not_found: row<{ model: string; available: readonly string[] }>(
    404,
    'not_found_error',
    (d) => `The model "${d.model}" does not exist. Models that exist: ${list(d.available)}.`,
    'model',
  ),
  model_not_running: row<{ model: string; state: string }>(
    503,
    'service_unavailable',
    (d) =>
      d.state === 'failed'
        ? `The model "${d.model}" failed. Its page under Models says why and how to mend it.`
        : `The model "${d.model}" is ${d.state}. Start it first.`,
    'model',
  ),
  model_loading: row<{ model: string; retryAfterS: number }>(
    503,
    'service_unavailable',
    (d) => `The model "${d.model}" is still loading; try again in ${d.retryAfterS} s.`,
    'model',
  ),
  model_wrong_task: row<{ model: string; task: string; wanted: string }>(
    400,
    'invalid_request_error',
    (d) => `The model "${d.model}" is set up for "${d.task}", not for "${d.wanted}".`,
    'model',
  ),
  model_busy: row<{ id: number; state: string; action: string }>(
    409,
    'invalid_request_error',
    (d) => `Model ${d.id} is ${d.state}; ${d.action} is possible once that has ended.`,
  ),
  model_archived: row<{ id: number }>(
    409,
    'invalid_request_error',
    (d) => `Model ${d.id} is archived. Take it back from the archive first.`,
  ),
  served_name_in_use: row<{ servedName: string }>(
    409,
    'invalid_request_error',
    (d) => `The served name "${d.servedName}" is already used by another model; choose another.`,
  ),
  runtime_unavailable: row<{ reason: string }>(400, 'invalid_request_error', (d) => d.reason),
  context_length_exceeded: row<{ promptTokens: number | null; contextLength: number | null; param: string }>(
    400,
    'invalid_request_error',
    (d) =>
      d.promptTokens !== null && d.contextLength !== null
        ? `The prompt has ${d.promptTokens} tokens, but a slot of this model holds ${d.contextLength}. Shorten the prompt or raise the context length.`
        : 'The prompt is longer than the context of this model. Shorten it or raise the context length.',
  ),

  // Files
  path_outside_library: row<{ path: string }>(
    400,
    'invalid_request_error',
    (d) => `"${d.path}" is not inside the models directory or a library folder. Add its folder under Settings first.`,
  ),
  path_not_found: row<{ path: string }>(404, 'not_found_error', (d) => `"${d.path}" does not exist.`),
  path_not_a_folder: row<{ path: string }>(400, 'invalid_request_error', (d) => `"${d.path}" is not a folder.`),
  path_not_absolute: row<{ path: string }>(400, 'invalid_request_error', (d) => `"${d.path}" is not an absolute path.`),
  path_not_readable: row<{ path: string; reason: string }>(
    400,
    'invalid_request_error',
    (d) => `"${d.path}" cannot be read: ${d.reason}.`,
  ),
  no_model_file: row<{ path: string }>(
    400,
    'invalid_request_error',
    (d) => `"${d.path}" holds no model file (.gguf) that can be started.`,
  ),
  several_model_files: row<{ path: string; files: readonly string[] }>(
    400,
    'invalid_request_error',
    (d) => `"${d.path}" holds several models (${list(d.files)}). Name the file of one of them.`,
  ),
  folder_not_allowed: row<{ path: string; reason: string }>(
    400,
    'invalid_request_error',
    (d) => `"${d.path}" cannot be a library folder: ${d.reason}.`,
  ),
  folder_in_use: row<{ path: string; models: readonly string[] }>(
    409,
    'invalid_request_error',
    (d) => `"${d.path}" is used by ${list(d.models)}.`,
  ),

  // Engine builds and jobs
  no_engine_build: row(
    400,
    'invalid_request_error',
    () => 'No llama.cpp engine is installed yet. Install one under Settings, Engine builds.',
  ),
  engine_build_in_use: row<{ id: string; models: readonly string[] }>(
    409,
    'invalid_request_error',
    (d) => `The engine build ${d.id} is used by ${list(d.models)}; stop or unpin them first.`,
  ),
  not_enough_space: row<{ path: string; neededBytes: number; freeBytes: number }>(
    507,
    'server_error',
    (d) =>
      `There is not enough space at ${d.path}: ${Math.ceil(d.neededBytes / 1_048_576)} MiB are needed, ${Math.floor(d.freeBytes / 1_048_576)} MiB are free. Free some, or move the data directory.`,
  ),
  engine_build_invalid: row<{ reason: string }>(400, 'invalid_request_error', (d) => d.reason),
  docker_unavailable: row<{ problem: string; detail: string; cure: string | null }>(503, 'service_unavailable', (d) =>
    d.cure === null ? d.detail : `${d.detail} ${d.cure}`,
  ),
  image_not_found: row<{ reference: string; reason: string }>(
    404,
    'not_found_error',
    (d) => `The image ${d.reference} was not found (${d.reason}). Check its name and tag.`,
  ),
  image_pull_failed: row<{ reference: string; reason: string }>(
    502,
    'service_unavailable',
    (d) => `The image ${d.reference} could not be downloaded: ${d.reason}.`,
  ),
  image_in_use: row<{ reference: string; users: readonly string[] }>(
    409,
    'invalid_request_error',
    (d) => `The image ${d.reference} is used by ${list(d.users)}; stop them, or give them another image, first.`,
  ),
  job_not_cancellable: row<{ id: string; status: string }>(
    409,
    'invalid_request_error',
    (d) => `Job ${d.id} is ${d.status} and cannot be cancelled.`,
  ),
  hub_unreachable: row<{ host: string; reason: string }>(
    502,
    'service_unavailable',
    (d) => `${d.host} cannot be reached (${d.reason}). Check the network, or use the carried engine, which needs none.`,
  ),

  // Recipes and the registry
  recipe_name_in_use: row<{ name: string }>(
    409,
    'invalid_request_error',
    (d) => `A recipe named "${d.name}" exists already; choose another name.`,
  ),
  registry_entry_is_own: row<{ servedName: string }>(
    409,
    'invalid_request_error',
    (d) => `"${d.servedName}" is answered by a model of this program; rename or archive that model instead.`,
  ),
  model_not_ready: row<{ id: number; state: string; action: string }>(
    409,
    'invalid_request_error',
    (d) => `Model ${d.id} is ${d.state}; ${d.action} needs a running one. Start it first.`,
  ),

  // The upstream engine
  upstream_unreachable: row<{ model: string; reason: string; isForeign?: boolean }>(502, 'server_error', (d) =>
    d.isForeign === true
      ? `The server that answers for "${d.model}" did not (${d.reason}). Upstreams shows how it is.`
      : `The engine of "${d.model}" did not answer (${d.reason}). Its log under Models says more.`,
  ),
  upstreams_unavailable: row<{ model: string; reasons: readonly string[] }>(
    503,
    'service_unavailable',
    (d) =>
      `No server that answers for "${d.model}" can take a request now: ${d.reasons.join('; ')}. Upstreams shows each of them; try again in a moment.`,
    'model',
  ),
  upstream_loop: row<{ model: string }>(
    508,
    'invalid_request_error',
    (d) =>
      `The request for "${d.model}" came back to this program through its own upstream. Remove one of the two entries under Upstreams.`,
    'model',
  ),
  upstream_timeout: row<{ model: string; timeoutMs: number }>(
    504,
    'server_error',
    (d) => `The engine of "${d.model}" gave no answer within ${Math.round(d.timeoutMs / 1000)} s.`,
  ),
  engine_refused: row<{ status: number; reason: string }>(
    400,
    'invalid_request_error',
    (d) => `The engine refused the request: ${d.reason}`,
  ),
  shutting_down: row(503, 'service_unavailable', () => 'The program is shutting down.'),
  internal_error: row(
    500,
    'server_error',
    () => 'Something went wrong inside the program. The log names this request id.',
  ),
} as const satisfies Record<string, ErrorRow<never>>;

/** One thing wrong with one field; `field` is empty when it concerns the whole. */
export interface Issue {
  readonly field: string;
  readonly message: string;
}

export type ErrorCode = keyof typeof ERRORS;
export type ErrorData<Code extends ErrorCode> =
  (typeof ERRORS)[Code] extends ErrorRow<infer Data> ? ([Data] extends [never] ? Record<never, never> : Data) : never;

/** An expected refusal. `data` travels beside the message in the admin envelope, so that a program can act on it. */
export class AppError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly data: ErrorData<Code>;

  constructor(code: Code, data: ErrorData<Code>, options?: { cause?: unknown }) {
    super((ERRORS[code] as ErrorRow<ErrorData<Code>>).message(data), options);
    this.name = 'AppError';
    this.code = code;
    this.data = data;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** The admin API's envelope: `{ error: { code, message, ...data }, request_id }`. */
export function adminErrorBody(error: AppError, requestId: string): object {
  return { error: { code: error.code, message: error.message, ...error.data }, request_id: requestId };
}

/** OpenAI's error object: `{ error: { message, type, code, param } }`. */
export function openAIErrorBody(error: AppError): object {
  const row: ErrorRow<never> = ERRORS[error.code];
  return {
    error: { message: error.message, type: row.type, code: error.code, param: row.param ?? paramOf(error.data) },
  };
}

/** Some refusals concern a parameter that differs from endpoint to endpoint: their data names it. */
function paramOf(data: object): string | null {
  return 'param' in data && typeof data.param === 'string' ? data.param : null;
}
