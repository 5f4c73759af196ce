import { withRealPaths } from '../adapters.ts';
import { customArguments, customEnvironment, secretNames, unknownArguments } from '../custom.ts';
import type { EngineCommand, Launch } from '../driver.ts';
import { effectiveValue, type FieldIssue, type FieldValue, type FieldValues } from '../field-table.ts';
import type { KnownFlags } from '../known-flags.ts';
import { choiceIssues, renderFields } from '../rendering.ts';
import { llamacppPolicy } from './custom.ts';
import { llamacppFields } from './fields.ts';

/** The command line and environment of one launch of `llama-server`. */
export function llamacppCommand(fields: FieldValues, launch: Launch): EngineCommand {
  const resolved = resolvedFields(fields, launch);
  const rendered = renderFields(llamacppFields, resolved, launch);
  const environment = customEnvironment(resolved);
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
    env: { ...environment, LLAMA_API_KEY: launch.key },
    secretEnv: ['LLAMA_API_KEY', ...secretNames(environment)],
    unsupported: rendered.unsupported.filter(({ field }) => fields[field] !== undefined),
  };
}

/** What the owner set, with real paths, and with what one field means for another. */
function resolvedFields(fields: FieldValues, launch: Launch): FieldValues {
  const adapters = fields['lora_adapters_json'] ?? null;
  const own = {
    ...fields,
    ...launch.paths,
    ...(adapters === null ? {} : { lora_adapters_json: withRealPaths('lora_adapters_json', adapters, launch.paths) }),
  };
  return contextWithinTraining(embedding(guessing(fitting(own, launch)), launch), launch);
}

/** Only the layer count may be fitted to the memory, and only when nobody set it. */
function fitting(fields: FieldValues, launch: Launch): FieldValues {
  return { ...fields, fit: fields['fit'] ?? valueOf('ngl', fields, launch) === 'auto' };
}

/** Without a type the engine loads the draft model and never asks it (v0.5.0 common/speculative.cpp). */
function guessing(fields: FieldValues): FieldValues {
  if (fields['draft_model_path'] === undefined || fields['spec_type'] !== undefined) return fields;
  return { ...fields, spec_type: 'draft-simple' };
}

/** Our default context is no more than what the model was trained with; a length the owner set is taken as it is. */
function contextWithinTraining(fields: FieldValues, launch: Launch): FieldValues {
  const trained = launch.header?.trainedContext ?? null;
  const usual = valueOf('context_size', {}, launch);
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
  const within = contextWithinTraining(fields, launch);
  const context = Number(valueOf('context_size', within, launch));
  return valueOf('kv_unified', within, launch) === false
    ? Math.max(1, Math.floor(context / Number(valueOf('parallel_slots', within, launch))))
    : context;
}

function valueOf(name: string, fields: FieldValues, launch: Launch): FieldValue {
  const row = llamacppFields.rows.find((candidate) => candidate.name === name);
  return row ? effectiveValue(row, fields, launch.machine) : null;
}

function embeddingFlags(fields: FieldValues, launch: Launch): string[] {
  const pooling = fields['pooling'] ?? (launch.header?.namesPooling === false ? 'mean' : null);
  const flags = pooling === null ? [] : ['--pooling', String(pooling)];
  if (fields['rerank'] === true) return fields['pooling'] === undefined ? [] : flags;
  if (launch.task !== 'embed' && fields['enable_embeddings'] !== true) return [];
  return ['--embeddings', ...flags];
}

/** What is wrong with the configuration for this very binary. */
export function flagIssues(fields: FieldValues, known: KnownFlags): FieldIssue[] {
  return [...unknownArguments(fields, known, llamacppPolicy), ...choiceIssues(llamacppFields, fields, known)];
}
