import { parse, stringify } from 'yaml';
import type { ExportFormat, Exported, ParsedConfiguration } from '../../../contract/dry-run.ts';
import { AppError } from '../../../contract/errors.ts';
import { composeFile } from '../../../domain/exchange/compose.ts';
import { readConfigurationFile } from '../../../domain/exchange/configuration-file.ts';
import type { Parsed } from '../../../domain/exchange/draft.ts';
import { kubernetesManifests, resourceName } from '../../../domain/exchange/kubernetes.ts';
import type { Rendered } from '../../../domain/exchange/launch-description.ts';
import { looksLikeCommand, readPastedCommand } from '../../../domain/exchange/pasted-command.ts';
import { parseCustomEnvironment, secretNames } from '../../../domain/engine/custom.ts';
import type { FieldValues } from '../../../domain/engine/field-table.ts';
import type { ModelRecord, ModelTable } from '../../store/models.ts';
import { configurationOf } from '../models/configuration.ts';
import type { LaunchSources } from '../supervisor/launch-plan.ts';
import {
  containerLaunch,
  describeElsewhere,
  describeInCluster,
  lacksGpu,
  restartOf,
  type ContainerLaunch,
} from './container-launch.ts';

export interface ExchangeOptions {
  readonly models: ModelTable;
  readonly sources: LaunchSources;
}

const LIMITS = 'Take "--ulimit" out where Docker answers "error setting rlimit": a rootless one may not lift them.';
const VARIABLES = 'engine_startup_env_json';
/** Readers of YAML 1.1 (Kubernetes' is one) take a bare `on` or `1:30` for something else than a text. */
const YAML = { schema: 'yaml-1.1', aliasDuplicateObjects: false, lineWidth: 0 } as const;

/** Configurations on their way out, as what others run, and in, from what others wrote. */
export class Exchange {
  readonly #models: ModelTable;
  readonly #sources: LaunchSources;

  constructor({ models, sources }: ExchangeOptions) {
    this.#models = models;
    this.#sources = sources;
  }

  /** Throws AppError `not_found`, and as a start would where the model's files are missing. */
  async export(modelId: number, format: ExportFormat, signal: AbortSignal): Promise<Exported> {
    const model = this.#models.get(modelId);
    if (!model) throw new AppError('not_found', { what: `Model ${modelId}` });
    const name = resourceName(model.servedModelName);
    if (format === 'cortex') return { format, filename: `${name}.cortex.yaml`, ...configurationFile(model) };
    const launch = await containerLaunch(model, this.#sources, signal);
    if (format === 'docker-run') {
      const text = `${this.#sources.containers.runLine(launch.spec, launch.secretEnv, 'elsewhere')}\n`;
      return { format, filename: `${name}.sh`, text, warnings: runWarnings(launch, model) };
    }
    const isCompose = format === 'compose';
    const rendered = isCompose
      ? composeFile(describeElsewhere(launch, model))
      : kubernetesManifests(describeInCluster(launch, model));
    // What the file says of itself is not said twice.
    const warnings = [...(isCompose ? gpuWarnings(launch, model, '"gpus: all"') : []), ...launch.warnings];
    return { format, filename: `${name}.${format}.yaml`, text: documents(rendered), warnings };
  }

  /** A pasted command line or configuration as the draft of a model. Throws AppError `validation_failed`. */
  parse(text: string): ParsedConfiguration {
    const parsed = looksLikeCommand(text) ? readPastedCommand(text) : readConfigurationFile(readYaml(text));
    if ('message' in parsed) throw refusal(parsed.message);
    return copy(parsed);
  }
}

/** What a person must do first stands in the file too: it is read long after the window was closed. */
function documents({ documents: all, warnings }: Rendered): string {
  const notes = warnings.map((warning) => `# ${warning.replaceAll('\n', ' ')}\n`).join('');
  return notes + all.map((document) => stringify(document, YAML)).join('---\n');
}

/** The line is the one of a container that this program watches over. */
function restartWarnings(fields: FieldValues): string[] {
  const policy = restartOf(fields);
  return policy === 'no' ? [] : [`Without this program nothing starts it again: write --restart ${policy} for that.`];
}

function runWarnings(launch: ContainerLaunch, model: ModelRecord): string[] {
  return [
    ...maskedWarnings(launch.secretEnv),
    ...restartWarnings(model.fields),
    LIMITS,
    ...gpuWarnings(launch, model, '--gpus all'),
    ...launch.warnings,
  ];
}

function gpuWarnings(launch: ContainerLaunch, model: ModelRecord, all: string): string[] {
  if (!lacksGpu(launch, model)) return [];
  return [`No GPU is asked for, because none was found here; write ${all} where there are some.`];
}

function maskedWarnings(secretEnv: readonly string[]): string[] {
  return secretEnv.length === 0 ? [] : [`Put in your own ${secretEnv.join(' and ')} where *** stands.`];
}

/** All that is set, so that reading it back makes the same model. Variables that look secret stay here. */
function configurationFile(model: ModelRecord): { text: string; warnings: string[] } {
  const { fields, left } = withoutSecrets(model.fields);
  const configuration = {
    name: model.name,
    served_model_name: model.servedModelName,
    ...configurationOf({ ...model, fields }),
  };
  const token = model.sealedHubToken === null ? [] : ['The Hugging Face token was left out.'];
  const variables = left.map((name) => `The variable ${name} was left out: it looks like a secret.`);
  return { text: stringify(configuration, YAML), warnings: [...token, ...variables] };
}

function withoutSecrets(fields: FieldValues): { fields: FieldValues; left: readonly string[] } {
  const source = fields[VARIABLES];
  const parsed = typeof source === 'string' ? parseCustomEnvironment(source) : { message: '' };
  if (!('items' in parsed)) return { fields, left: [] };
  const left = secretNames(Object.fromEntries(parsed.items.map(({ key, value }) => [key, value])));
  if (left.length === 0) return { fields, left };
  const kept = parsed.items.filter(({ key }) => !left.includes(key));
  return { fields: { ...fields, [VARIABLES]: kept.length === 0 ? null : JSON.stringify(kept) }, left };
}

function readYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (error) {
    const [reason = ''] = error instanceof Error ? error.message.split('\n') : [];
    throw refusal(
      `The text is neither a "docker run", "vllm serve" or "llama-server" line nor a configuration in YAML or JSON (${reason.replace(/:$/, '')}).`,
    );
  }
}

function refusal(message: string): AppError {
  return new AppError('validation_failed', { issues: [{ field: 'text', message }] });
}

function copy(parsed: Exclude<Parsed, { message: string }>): ParsedConfiguration {
  return {
    source: parsed.source,
    draft: { ...parsed.draft },
    conversions: [...parsed.conversions],
    dropped: [...parsed.dropped],
  };
}
