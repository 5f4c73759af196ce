import { z } from 'zod';

/**
 * Flags and environment of the owner's own: what the field table does not have yet. The shape is Cortex's, so that its
 * exports can be read. What could open the engine to others, read or write files, or undo what the program relies on is
 * refused, in every spelling llama.cpp accepts.
 */

const CustomArgument = z.object({
  flag: z.string().min(1),
  type: z.enum(['string', 'int', 'float', 'bool', 'flag', 'string_list', 'list']).default('string'),
  value: z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]).optional(),
});
const CustomVariable = z.object({ key: z.string().min(1), value: z.string() });
export type CustomArgument = z.infer<typeof CustomArgument>;
export type CustomVariable = z.infer<typeof CustomVariable>;

type Parsed<T> = { readonly items: readonly T[] } | { readonly message: string };

/** Reads `engine_startup_args_json`. */
export function parseCustomArguments(source: string): Parsed<CustomArgument> {
  return parseList(source, z.array(CustomArgument), '[{"flag": "--keep", "type": "int", "value": 64}]');
}

/** Reads `engine_startup_env_json`. */
export function parseCustomEnvironment(source: string): Parsed<CustomVariable> {
  return parseList(source, z.array(CustomVariable), '[{"key": "CUDA_VISIBLE_DEVICES", "value": "0"}]');
}

function parseList<T>(source: string, schema: z.ZodType<T[]>, example: string): Parsed<T> {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    return { message: `is not JSON; write a list like ${example}` };
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? { items: parsed.data } : { message: `must be a list like ${example}` };
}

/** llama.cpp reads `--api_key` as `--api-key`: only the dashed spelling is compared. */
export function normalizeFlag(flag: string): string {
  const name = flag.split('=', 1)[0] ?? '';
  return name.startsWith('--') ? name.replaceAll('_', '-') : name;
}

const PROGRAM_SETS = 'is set by the program itself';
const FILES = 'reads or writes files outside the library';
const REACH = 'would let the engine reach or serve more than this model';
const ENDS = 'makes the engine print something and end';

const REFUSED_FLAGS: ReadonlyMap<string, string> = new Map(
  (
    [
      [
        PROGRAM_SETS,
        '--host --port --reuse-port --api-key --api-key-file --api-prefix -a --alias -m --model --metrics --slots --no-slots' +
          ' --log-file --log-disable --log-jsonl --no-log-jsonl --log-colors --log-prefix --no-log-prefix --log-timestamps' +
          ' --no-log-timestamps -v --verbose --log-verbose -lv --verbosity --log-verbosity --ui --no-ui --webui --no-webui' +
          ' --embedding --embeddings --tags -fit --fit -to --timeout --offline --sleep-idle-seconds',
      ],
      [
        REACH,
        '-mu --model-url -dr --docker-repo -hf -hfr --hf-repo -hff --hf-file -hft --hf-token --spec-draft-hf -hfd -hfrd' +
          ' --hf-repo-draft --mmproj-url -mmu --rpc --tools --tools-runtime --mcp-servers-config --mcp-servers-json -ag' +
          ' --agent --ui-mcp-proxy --webui-mcp-proxy --ui-config --webui-config --cors-origins --cors-methods --cors-headers' +
          ' --cors-credentials --props --server-base --models-dir --models-preset --models-max --models-autoload' +
          ' --no-models-autoload --ssl-key-file --ssl-cert-file',
      ],
      [
        FILES,
        '--slot-save-path --path --media-path --ui-config-file --webui-config-file --log-prompts-dir -lcs' +
          ' --lookup-cache-static -lcd --lookup-cache-dynamic -f --file -sysf --system-prompt-file --in-file -bf' +
          ' --binary-file --prompt-cache --grammar-file -jf --json-schema-file --lora --lora-scaled --control-vector' +
          ' --control-vector-scaled --image --audio --video --video-ffmpeg-dir --logits-output-dir -o --output' +
          ' --output-file --tts-speaker-file --context-file',
      ],
      [ENDS, '-h --help --usage --version --list-devices -cl --cache-list --completion-bash'],
    ] as const
  ).flatMap(([reason, flags]) => flags.split(' ').map((flag): [string, string] => [flag, reason])),
);

/** Prefixes of families that new versions extend. */
const REFUSED_FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^--(ssl|cors|api-key|mcp|tools|models)(-|$)/, REACH],
  [/^--(hf|docker)-/, REACH],
  [/^--log-/, PROGRAM_SETS],
];

/** Why a custom argument is refused; null when it is not. `tableFlags` names the field that already has a flag. */
export function refuseArgument(argument: CustomArgument, tableFlags: ReadonlyMap<string, string>): string | null {
  if (!/^--?[A-Za-z][A-Za-z0-9._-]*(=.*)?$/s.test(argument.flag)) return `"${argument.flag}" is not a flag`;
  const flag = normalizeFlag(argument.flag);
  const refused = REFUSED_FLAGS.get(flag) ?? REFUSED_FAMILIES.find(([pattern]) => pattern.test(flag))?.[1];
  if (refused !== undefined) return `${flag} is not allowed: it ${refused}`;
  const field = tableFlags.get(flag);
  if (field !== undefined) return `${flag} has a field of its own; set "${field}" instead`;
  if (argument.flag.includes('=')) return `write "${flag}" as the flag and the rest as its value`;
  for (const value of valuesOf(argument)) {
    if (value.includes('\0')) return `the value of ${flag} must not hold a NUL character`;
    // A value in the place of a flag would be read as one.
    if (value.startsWith('-') && !/^-\d+(\.\d+)?$/.test(value)) return `"${value}" cannot be a value of ${flag}`;
  }
  return null;
}

function valuesOf(argument: CustomArgument): string[] {
  const { type, value } = argument;
  if (type === 'bool' || type === 'flag' || value === null || value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** The argv of one custom argument. A switch that is off gives nothing. */
export function renderArgument(argument: CustomArgument): readonly string[] {
  const { flag, type, value } = argument;
  if (type === 'bool' || type === 'flag') return value === false || value === 'false' ? [] : [flag];
  return value === null || value === undefined ? [] : [flag, ...valuesOf(argument)];
}

const REFUSED_VARIABLES =
  /^(LLAMA_|LD_|DYLD_|CORTEX_|NODE_|VK_|AIP_|GCONV_|GLIBC_|MALLOC_|GGML_BACKEND_PATH$|CUDA_INJECTION|PATH$|HOME$|SHELL$|IFS$|TMPDIR$|LOCPATH$|HF_|.*_PROXY$)/i;

/** Why a custom variable is refused; null when it is not. */
export function refuseVariable(variable: CustomVariable): string | null {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable.key)) return `"${variable.key}" is not the name of a variable`;
  if (REFUSED_VARIABLES.test(variable.key))
    return `${variable.key} is not allowed: the program sets the engine's environment`;
  return variable.value.includes('\0') ? `the value of ${variable.key} must not hold a NUL character` : null;
}

/** Every flag that a `--help` text names, dashed spelling. */
export function flagsInHelp(help: string): Set<string> {
  const flags = new Set<string>();
  for (const line of help.split('\n')) {
    // Descriptions are indented; only the head of an entry begins at the margin.
    if (!line.startsWith('-')) continue;
    const head = line.split(/\s{2,}(?![\s-])/, 1)[0] ?? '';
    for (const match of head.matchAll(/(?<![\w-])(--?[A-Za-z][\w.-]*)/g)) flags.add(normalizeFlag(match[1] ?? ''));
  }
  return flags;
}
