import type { ConfigChange, ConfigWarning, DryRun, Exported, ExportFormat } from '../../src-main/contract/dry-run.ts';
import type { EngineFlags, EngineSpec } from '../../src-main/contract/engines.ts';
import type { EngineType, FieldValue, Model } from '../../src-main/contract/models.ts';
import type { Launch } from '../../src-main/domain/engine/driver.ts';
import { describeFields, validateConfiguration, type MachineFacts } from '../../src-main/domain/engine/field-table.ts';
import { driverOf } from '../../src-main/domain/engine/registry.ts';

/** What a start would do, told by the program's own field tables over invented machines. Part of a test double. */

const MACHINE: MachineFacts = {
  logicalCores: 16,
  physicalCores: 8,
  totalMemoryBytes: 64 * 2 ** 30,
  backend: 'vulkan',
};
const ENGINES = ['llamacpp', 'vllm'] as const;

export const SPECS: EngineSpec[] = ENGINES.map((engine) => {
  return { engine_type: engine, fields: describeFields(driverOf(engine).table, MACHINE) };
});

/** The flags of the field table, and two that it does not have. */
export function flagsOf(engine: EngineType, image: string | null): EngineFlags {
  const fields = SPECS.find(({ engine_type: type }) => type === engine)?.fields ?? [];
  const known = fields.flatMap(({ flag, name, choices }) =>
    flag === null ? [] : [{ flag, choices, field: name, refusal: null }],
  );
  const own = [
    { flag: '--brand-new', choices: null, field: null, refusal: null },
    { flag: '--api-key', choices: null, field: null, refusal: 'Cortex makes the key itself.' },
  ];
  return {
    engine_type: engine,
    image,
    version: null,
    flags: [...new Map([...own, ...known].map((each) => [each.flag, each])).values()],
  };
}

export interface Configuration {
  readonly [key: string]: unknown;
  readonly served_model_name: string;
  readonly engine_type: EngineType;
  readonly runtime?: 'process' | 'container' | undefined;
  readonly local_path?: string | null | undefined;
  readonly repo_id?: string | null | undefined;
  readonly engine_image?: string | null | undefined;
  readonly task?: 'generate' | 'embed' | undefined;
}

function fieldsIn(configuration: Configuration): Record<string, unknown> {
  const { table } = driverOf(configuration.engine_type);
  return Object.fromEntries(
    table.rows.flatMap(({ name }) => {
      const value = configuration[name];
      return value === null || value === undefined ? [] : [[name, value]];
    }),
  );
}

function launchOf(configuration: Configuration): Launch {
  return {
    runtime: configuration.runtime ?? 'process',
    modelPath: configuration.local_path ?? configuration.repo_id ?? '<model>',
    servedName: configuration.served_model_name,
    task: configuration.task ?? 'generate',
    host: configuration.runtime === 'container' ? '0.0.0.0' : '127.0.0.1',
    port: driverOf(configuration.engine_type).container.port,
    key: '***',
    version: configuration.engine_type === 'vllm' ? '0.33.0' : 'v0.5.0',
    machine: MACHINE,
    knownFlags: null,
    hubToken: null,
    header: { trainedContext: 40_960, namesPooling: true, kvElementsPerToken: null },
    paths: {},
  };
}

function contextWarning(configuration: Configuration): ConfigWarning[] {
  const field = configuration.engine_type === 'vllm' ? 'max_model_len' : 'context_size';
  const context = configuration[field];
  if (typeof context !== 'number' || context <= 40_960) return [];
  return [
    {
      severity: 'warning',
      category: 'context',
      title: 'Longer than the training',
      message: 'The model was trained with 40960 tokens: a single request gets no more than that.',
      field,
      fix: { title: `Set ${field} to 40960`, patch: { [field]: 40_960 } },
    },
  ];
}

function dockerRun(image: string, args: readonly string[], path: string): string {
  return `docker run --rm --gpus all -p 127.0.0.1::8080 -v ${path}:/models:ro -e LLAMA_API_KEY=*** --security-opt no-new-privileges --cap-drop ALL ${image} ${args.join(' ')}`;
}

export function planOf(configuration: Configuration, dockerReady: boolean): DryRun {
  const driver = driverOf(configuration.engine_type);
  const { fields, issues } = validateConfiguration(
    driver.table,
    configuration.task ?? 'generate',
    fieldsIn(configuration),
  );
  const command = driver.command(fields, launchOf(configuration));
  const argv = [driver.programName, ...command.subcommand, ...command.args];
  const contained = configuration.runtime === 'container';
  const image = contained ? (configuration.engine_image ?? driver.container.defaultImage) : null;
  const docker: ConfigWarning = {
    severity: 'error',
    category: 'docker',
    title: 'No containers',
    message: 'Docker is installed, but its service does not run. Run `sudo systemctl start docker`.',
    field: null,
    fix: null,
  };
  const invalid = issues.map(({ field, message }): ConfigWarning => {
    return {
      severity: 'error',
      category: 'config',
      title: 'Not valid',
      message: `${field}: ${message}`,
      field,
      fix: null,
    };
  });
  const warnings = [...invalid, ...(contained && !dockerReady ? [docker] : []), ...contextWarning(configuration)];
  const context = Number(fields['context_size'] ?? fields['max_model_len'] ?? 16_384);
  const vllm = configuration.engine_type === 'vllm';
  const parts = { weights_gb: vllm ? 18.1 : 4.68, kv_cache_gb: Math.round((context / 16_384) * 225) / 100 };
  return {
    valid: !warnings.some(({ severity }) => severity === 'error'),
    command: argv,
    command_str: argv.join(' '),
    docker_run: image === null ? null : dockerRun(image, command.args, configuration.local_path ?? '/srv/models'),
    env: Object.fromEntries(Object.keys(command.env).map((name) => [name, '***'])),
    image,
    warnings,
    vram_estimate_gb: Math.round((parts.weights_gb + parts.kv_cache_gb) * 100) / 100,
    vram_estimate: {
      ...parts,
      note: vllm
        ? 'vLLM also takes what is left of its share for the KV cache.'
        : 'Beside this, buffers of about 0.5 GiB.',
    },
  };
}

const shown = (value: unknown): FieldValue => (value === undefined ? null : (value as FieldValue));

/** The fields in which two views of a model differ. */
export function changesOf(before: Model, after: Model): ConfigChange[] {
  const spec = SPECS.find(({ engine_type: type }) => type === after.engine_type);
  return (spec?.fields ?? [])
    .filter(({ name }) => JSON.stringify(before[name] ?? null) !== JSON.stringify(after[name] ?? null))
    .map(({ name, label, needs_restart }) => {
      return { field: name, label, before: shown(before[name]), after: shown(after[name]), needs_restart };
    });
}

const KUBERNETES = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
spec:
  replicas: 1
  selector:
    matchLabels: { app: NAME }
  template:
    metadata:
      labels: { app: NAME }
    spec:
      containers:
        - name: engine
          image: IMAGE
          resources:
            limits: { nvidia.com/gpu: 1 }
`;
const COMPOSE = `services:
  NAME:
    image: IMAGE
    restart: unless-stopped
    ports: ["127.0.0.1:8000:8000"]
    ipc: private
`;

export function exportOf(model: Model, format: ExportFormat): Exported {
  const plan = planOf({ ...model, runtime: 'container' }, true);
  const name = model.served_model_name.replaceAll(/[^a-z0-9]+/g, '-');
  const fill = (text: string) => text.replaceAll('NAME', name).replaceAll('IMAGE', plan.image ?? '');
  const yaml = Object.entries(fieldsIn(model)).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  const texts: Record<ExportFormat, string> = {
    'docker-run': `${plan.docker_run ?? ''}\n`,
    compose: fill(COMPOSE),
    kubernetes: fill(KUBERNETES),
    cortex: [`name: ${model.name}`, `engine_type: ${model.engine_type}`, 'fields:', ...yaml, ''].join('\n'),
  };
  const files: Record<ExportFormat, string> = {
    'docker-run': `${name}.sh`,
    compose: `${name}.compose.yaml`,
    kubernetes: `${name}.kubernetes.yaml`,
    cortex: `${name}.cortex.yaml`,
  };
  const warnings = format === 'docker-run' ? ['Put in your own LLAMA_API_KEY where *** stands.'] : [];
  return { format, filename: files[format], text: texts[format], warnings };
}
