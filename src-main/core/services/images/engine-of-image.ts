import type { EngineName } from '../../../domain/engine/field-table.ts';
import type { LocalImage } from '../../ports/images.ts';

const VERSION_LABEL = 'org.opencontainers.image.version';
const TITLE_LABELS = ['org.opencontainers.image.title', 'org.opencontainers.image.source'];

/** Which engine an image looks like: by the end of its repository's name, its labels, or what it runs. */
export function engineOfImage(reference: string, image: LocalImage | null): EngineName | null {
  const words = [
    repositoryOf(reference),
    ...TITLE_LABELS.map((label) => image?.labels[label] ?? ''),
    image?.entrypoint.join(' ') ?? '',
    ...(Object.keys(image?.labels ?? {}).some((label) => label.startsWith('ai.vllm.')) ? ['vllm'] : []),
  ];
  const says = (pattern: RegExp) => words.some((word) => pattern.test(word));
  if (says(/llama\.?cpp|llama-server/i)) return 'llamacpp';
  return says(/vllm/i) ? 'vllm' : null;
}

/** By its label, else by a tag that looks like a version. */
export function versionOfImage(reference: string, image: LocalImage | null): string | null {
  const label = image?.labels[VERSION_LABEL];
  if (label !== undefined && label !== '') return label;
  return (
    /:(?:[a-z0-9]+-)*?(v?\d+\.\d+[\w.]*|b\d{3,})/.exec(reference.slice(repositoryOf(reference).length))?.[1] ?? null
  );
}

/** "vllm/vllm-openai" of "vllm/vllm-openai:v0.33.0@sha256:...". */
export function repositoryOf(reference: string): string {
  const bare = reference.replace(/@.*$/, '');
  const slash = bare.lastIndexOf('/');
  return bare.slice(0, slash + 1) + bare.slice(slash + 1).replace(/:.*$/, '');
}
