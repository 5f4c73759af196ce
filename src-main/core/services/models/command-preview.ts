import { AppError } from '../../../contract/errors.ts';
import type { CommandPreview } from '../../../contract/engines.ts';
import type { ModelHeader } from '../../../domain/engine/driver.ts';
import type { ModelSettings } from '../../store/models.ts';
import { companionPaths, driverFor, machineFacts, type LaunchSources } from '../supervisor/launch-plan.ts';
import { readCreate } from './model-input.ts';

type Warning = CommandPreview['warnings'][number];

/** Stands where the port will be: it is chosen at each start. */
const PORT = '<port>';

/** The command an unsaved draft would run. What is wrong with the draft is in the warnings, not thrown. */
export async function previewCommand(
  input: unknown,
  sources: LaunchSources,
  signal: AbortSignal,
): Promise<CommandPreview> {
  const { settings, issues } = readCreate(input);
  const warnings: Warning[] = issues.map(({ field, message }) =>
    warning('error', 'field', 'Not valid', `${field}: ${message}`),
  );
  const driver = driverFor(settings);
  const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      warnings.push(warning('error', error.code, 'Cannot start', error.message));
      return null;
    }
  };
  const { localPath } = settings;
  const modelPath = localPath === null ? null : await attempt(() => sources.files.resolve(localPath));
  const build = await attempt(() => sources.builds.resolve(settings.engineBuildId));
  const header = modelPath === null ? null : await sources.headers.read(modelPath, signal);
  const machine = machineFacts(sources.machine, build);
  const command = driver.command(settings.fields, {
    runtime: 'process',
    host: '127.0.0.1',
    knownFlags: null,
    hubToken: null,
    modelPath: modelPath ?? localPath ?? '<model.gguf>',
    servedName: settings.servedModelName,
    task: settings.task,
    port: 0,
    key: '',
    version: build?.version ?? '',
    machine,
    header,
    paths: (await attempt(() => companionPaths(driver, settings, sources.companions))) ?? {},
  });
  for (const { field, message } of command.unsupported) {
    warnings.push(warning('warning', 'version', 'Left out', `${field} ${message}`));
  }
  warnings.push(...contextWarnings(settings, header), ...threadWarnings(settings, machine.logicalCores));
  for (const notice of build?.notices ?? []) warnings.push(warning('info', 'gpu', 'GPU not used', notice));
  return { command: [build?.executable ?? 'llama-server', ...withPlaceholder(command.args)], warnings };
}

function warning(severity: Warning['severity'], category: string, title: string, message: string): Warning {
  return { severity, category, title, message };
}

function withPlaceholder(args: readonly string[]): string[] {
  const at = args.indexOf('--port');
  return args.map((argument, index) => (at >= 0 && index === at + 1 ? PORT : argument));
}

function contextWarnings(settings: ModelSettings, header: ModelHeader | null): Warning[] {
  const context = settings.fields['context_size'];
  const trained = header?.trainedContext ?? null;
  if (trained === null || typeof context !== 'number' || context <= trained) return [];
  const message =
    `The model was trained with ${trained} tokens: a single request gets no more than that. ` +
    'What is beyond it only serves further slots.';
  return [warning('warning', 'context', 'Longer than the training', message)];
}

function threadWarnings(settings: ModelSettings, logicalCores: number): Warning[] {
  const { threads } = settings.fields;
  if (typeof threads !== 'number' || threads <= logicalCores) return [];
  return [
    warning(
      'warning',
      'threads',
      'More threads than cores',
      `This machine runs ${logicalCores} threads at once; more are slower.`,
    ),
  ];
}
