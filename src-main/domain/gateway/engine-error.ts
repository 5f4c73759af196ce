/** An engine's own refusal, understood. `passed` keeps the engine's words under OpenAI's names. */
export type EngineRefusal =
  | { readonly kind: 'context'; readonly promptTokens: number | null; readonly contextLength: number | null }
  | { readonly kind: 'loading' }
  | { readonly kind: 'credentials' }
  | {
      readonly kind: 'passed';
      /** The client's fault is 400, whatever the engine called it: clients try a 500 again. */
      readonly status: number;
      readonly message: string;
      readonly type: string;
      readonly code: string | null;
      readonly param: string | null;
    };

/**
 * Reads the error body of llama-server or vLLM. llama-server: 400 `exceed_context_size_error` "request (N tokens) exceeds
 * the available context size (M tokens)", 500 "input (N tokens) is too large to process ... current batch size: M" for an
 * embedding, 503 while loading. vLLM: "maximum context length is M tokens ... requested N tokens".
 */
export function readEngineError(status: number, body: string): EngineRefusal {
  const error = errorObject(body);
  const message =
    typeof error['message'] === 'string'
      ? error['message']
      : body.slice(0, 500) || `The engine answered with status ${status}.`;
  if (status === 401 || status === 403) return { kind: 'credentials' };
  if (status === 503 && /loading model/i.test(message)) return { kind: 'loading' };
  const context = contextNumbers(error, message);
  if (context) return { kind: 'context', ...context };
  const type = typeof error['type'] === 'string' ? error['type'] : null;
  const code = error['code'];
  const isInput = status === 500 && INPUT_FAULTS.some((pattern) => pattern.test(message));
  return {
    kind: 'passed',
    status: isInput ? 400 : status,
    message,
    type: status === 429 ? 'rate_limit_error' : status >= 500 && !isInput ? 'server_error' : 'invalid_request_error',
    code: isInput ? 'invalid_input' : typeof code === 'string' ? code : type,
    param: typeof error['param'] === 'string' ? error['param'] : null,
  };
}

/** What llama-server answers with 500 although the request is at fault. */
const INPUT_FAULTS = [
  /must not be empty|cannot be empty|is empty/i,
  /input is not supported|does not support|is not supported by/i,
  /json\.exception|invalid UTF-8|ill-formed/i,
  /"?\b(?:input|prompt|content|messages|tools|grammar|schema)\b"? (?:must|should|is required|is missing|cannot)/i,
  /failed to (?:parse|decode|load image|process image)/i,
];

function contextNumbers(
  error: Record<string, unknown>,
  message: string,
): { promptTokens: number | null; contextLength: number | null } | null {
  const patterns = [
    /\(\s*(?<prompt>\d+) tokens\) exceeds the available context size \((?<context>\d+) tokens\)/i,
    /input \((?<prompt>\d+) tokens\) is (?:too large to process|larger than).*?batch size:? \(?(?<context>\d+)/is,
    /input \((?<prompt>\d+) tokens\) is larger than the max context size \((?<context>\d+) tokens\)/i,
    /maximum context length is (?<context>\d+) tokens.*?(?<prompt>\d+) (?:input )?tokens/is,
  ];
  for (const pattern of patterns) {
    const groups = pattern.exec(message)?.groups;
    if (groups) return { promptTokens: Number(groups['prompt']), contextLength: Number(groups['context']) };
  }
  if (error['type'] !== 'exceed_context_size_error' && !/context size has been exceeded/i.test(message)) return null;
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  return { promptTokens: number(error['n_prompt_tokens']), contextLength: number(error['n_ctx']) };
}

function errorObject(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return {};
    const inner = (parsed as Record<string, unknown>)['error'];
    return (typeof inner === 'object' && inner !== null ? inner : parsed) as Record<string, unknown>;
  } catch {
    return {};
  }
}
