import type { EngineCommand, Launch } from '../driver.ts';
import { renderFields, type FieldValues } from '../field-table.ts';
import { vllmFields } from './fields.ts';

/** The command line and environment of one launch of `vllm serve`. */
export function vllmCommand(fields: FieldValues, launch: Launch): EngineCommand {
  const rendered = renderFields(vllmFields, { ...fields, ...launch.paths }, launch.machine, launch.version);
  return {
    subcommand: ['serve'],
    args: [
      '--model',
      launch.modelPath,
      '--served-model-name',
      launch.servedName,
      '--host',
      launch.host,
      '--port',
      String(launch.port),
      ...rendered.args,
    ],
    env: {
      VLLM_NO_USAGE_STATS: '1',
      DO_NOT_TRACK: '1',
      VLLM_LOGGING_COLOR: '0',
      NO_COLOR: '1',
      VLLM_API_KEY: launch.key,
      ...(launch.hubToken === null ? {} : { HF_TOKEN: launch.hubToken }),
    },
    secretEnv: ['VLLM_API_KEY', 'HF_TOKEN'],
    unsupported: rendered.unsupported,
  };
}
