import type { EngineCommand, KnownFlags, Launch } from '../driver.ts';
import { effectiveValue, renderFields, type FieldIssue, type FieldValue, type FieldValues } from '../field-table.ts';
import { flagsInHelp, normalizeFlag, parseCustomArguments, parseCustomEnvironment, renderArgument } from './custom.ts';
import { llamacppFields } from './fields.ts';

/** The command line and environment of one launch of `llama-server`. */
export function llamacppCommand(fields: FieldValues, launch: Launch): EngineCommand {
  const resolved = contextWithinTraining(embedding({ ...fields, ...launch.paths }, launch), launch);
  const rendered = renderFields(llamacppFields, resolved, launch.machine, launch.version);
  return {
    subcommand: [],
    args: [
      '-m',
      launch.modelPath,
      '--alias',
      launch.servedName,
      '--host',
      launch.host,
      '--port',
      String(launch.port),
      ...rendered.args,
      ...embeddingFlags(resolved, launch),
      '--metrics',
      '--no-ui',
      // At its default level llama.cpp hides buffer sizes and the number of layers on the GPU.
      '-lv',
      resolved['verbose_logging'] === true ? '5' : '4',
      '--log-colors',
      'off',
      ...customArguments(resolved),
    ],
    env: { ...customEnvironment(resolved), LLAMA_API_KEY: launch.key },
    secretEnv: ['LLAMA_API_KEY'],
    unsupported: rendered.unsupported,
  };
}

/** Our default context is no more than what the model was trained with; a length the owner set is taken as it is. */
function contextWithinTraining(fields: FieldValues, launch: Launch): FieldValues {
  const trained = launch.header?.trainedContext ?? null;
  const row = llamacppFields.rows.find((candidate) => candidate.name === 'context_size');
  const usual = row?.defaultFor(launch.machine);
  if (trained === null || fields['context_size'] !== undefined || typeof usual !== 'number') return fields;
  return { ...fields, context_size: Math.max(1, Math.min(usual, trained)) };
}

/** An input to embed must fit in one micro-batch: both batch sizes become the context of a slot. */
function embedding(fields: FieldValues, launch: Launch): FieldValues {
  if (launch.task !== 'embed') return fields;
  const size = slotContext(fields, launch);
  return { ...fields, batch_size: fields['batch_size'] ?? size, ubatch_size: fields['ubatch_size'] ?? size };
}

function slotContext(fields: FieldValues, launch: Launch): number {
  const valueOf = (name: string): FieldValue => {
    const row = llamacppFields.rows.find((candidate) => candidate.name === name);
    return row ? effectiveValue(row, contextWithinTraining(fields, launch), launch.machine) : null;
  };
  const context = Number(valueOf('context_size'));
  return valueOf('kv_unified') === false
    ? Math.max(1, Math.floor(context / Number(valueOf('parallel_slots'))))
    : context;
}

function embeddingFlags(fields: FieldValues, launch: Launch): string[] {
  if (launch.task !== 'embed' && fields['enable_embeddings'] !== true) return [];
  const pooling = fields['pooling'] ?? (launch.header?.namesPooling === false ? 'mean' : null);
  return pooling === null ? ['--embeddings'] : ['--embeddings', '--pooling', String(pooling)];
}

function customArguments(fields: FieldValues): string[] {
  const source = fields['engine_startup_args_json'];
  const parsed = typeof source === 'string' ? parseCustomArguments(source) : { items: [] };
  return 'items' in parsed ? parsed.items.flatMap((item) => [...renderArgument(item)]) : [];
}

function customEnvironment(fields: FieldValues): Record<string, string> {
  const source = fields['engine_startup_env_json'];
  const parsed = typeof source === 'string' ? parseCustomEnvironment(source) : { items: [] };
  return 'items' in parsed ? Object.fromEntries(parsed.items.map(({ key, value }) => [key, value])) : {};
}

/** The owner's own flags that this binary does not know. */
export function flagIssues(fields: FieldValues, known: KnownFlags): FieldIssue[] {
  return customArguments(fields)
    .filter((argument) => /^--?[A-Za-z]/.test(argument))
    .filter((flag) => !known.flags.has(normalizeFlag(flag)))
    .map((flag) => ({
      field: 'engine_startup_args_json',
      message: `${flag} is no flag of this engine${known.version === null ? '' : ` (${known.version})`}`,
    }));
}

/** The flags that the text of `--help` names. */
export function readFlags(help: string): KnownFlags | null {
  const spellings = flagsInHelp(help);
  return spellings.size === 0
    ? null
    : { version: null, flags: new Map([...spellings].map((spelling) => [spelling, { choices: null }])) };
}
