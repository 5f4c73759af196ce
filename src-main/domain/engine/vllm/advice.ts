import type { Launch, LaunchAdvice } from '../driver.ts';
import { compareVersions, type FieldValues } from '../field-table.ts';

/** The versions that moved a format out into a plugin, which the official image does not carry. */
const PLUGINS = {
  gguf: { since: '0.24.0', name: 'vllm-gguf-plugin' },
  bitsandbytes: { since: '0.28.0', name: 'vllm-bnb-plugin' },
} as const;

/** What will most likely go wrong with a launch that is allowed all the same. */
export function vllmAdvice(fields: FieldValues, launch: Launch): LaunchAdvice[] {
  const isGguf = /\.gguf$/i.test(launch.modelPath) || fields['load_format'] === 'gguf';
  const isBnb = fields['quantization'] === 'bitsandbytes' || fields['load_format'] === 'bitsandbytes';
  const formats = [...(isGguf ? (['gguf'] as const) : []), ...(isBnb ? (['bitsandbytes'] as const) : [])];
  return formats.filter((format) => needsPlugin(format, launch)).map((format) => pluginSentence(format, fields));
}

function needsPlugin(format: keyof typeof PLUGINS, { knownFlags, version }: Launch): boolean {
  const offered = knownFlags?.flags.get('--load-format')?.choices ?? null;
  if (offered !== null) return !offered.includes(format);
  return compareVersions(version === '' ? 'newest' : version, PLUGINS[format].since) >= 0;
}

function pluginSentence(format: keyof typeof PLUGINS, fields: FieldValues): LaunchAdvice {
  const { name, since } = PLUGINS[format];
  const more =
    format === 'gguf' && fields['tokenizer'] === undefined
      ? ' Set the tokenizer of its base model too. llama.cpp runs GGUF files without any of this.'
      : '';
  return {
    category: 'image',
    title: `Needs ${name} in the image`,
    field: format === 'gguf' ? null : 'quantization',
    message: `vLLM reads ${format} only with ${name} since version ${since}; the official image does not have it.${more}`,
    fix: null,
  };
}
