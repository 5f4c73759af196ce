import type { EngineImage } from '../../../contract/docker.ts';
import type { EngineName } from '../../../domain/engine/field-table.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { LocalImage } from '../../ports/images.ts';
import { engineOfImage, repositoryOf, versionOfImage } from './engine-of-image.ts';

/** A model as far as it concerns images. */
export interface ImageUser {
  readonly name: string;
  readonly engineType: EngineName;
  /** Null for the engine's default. */
  readonly engineImage: string | null;
  /** "sha256:..." once it is pinned. */
  readonly engineDigest: string | null;
}

const ENGINES: readonly EngineName[] = ['vllm', 'llamacpp'];

type FlagCount = (imageId: string, engine: EngineName) => number | null;

/** The images a person should see: what models name, the defaults, and what looks like an engine; here or not. */
export function listEngineImages(
  local: readonly LocalImage[],
  models: readonly ImageUser[],
  flagCount: FlagCount,
): EngineImage[] {
  const defaults = new Map(ENGINES.map((engine) => [driverOf(engine).container.defaultImage, engine] as const));
  const wanted = new Map<string, EngineName>(defaults);
  for (const model of models) {
    wanted.set(referenceOf(model), model.engineType);
  }
  const found = local.flatMap((image) => {
    const names = image.tags.length > 0 ? image.tags : image.repoDigests.slice(0, 1);
    const known = names.filter((name) => wanted.has(name) || engineOfImage(name, image) !== null);
    return (names.length === 0 && engineOfImage('', image) !== null ? [image.id] : known).map((name) => ({
      name,
      image,
    }));
  });
  const here = new Set(found.map(({ name }) => name));
  const absent = [...wanted.keys()]
    .filter((name) => !here.has(name))
    .map((name) => ({ name, image: matching(name, local) }));
  return [...found, ...absent]
    .map(({ name, image }): EngineImage => {
      const engine = wanted.get(name) ?? engineOfImage(name, image);
      return {
        reference: name,
        id: image?.id ?? null,
        digest: digestOf(name, image),
        engine_type: engine,
        version: versionOfImage(name, image),
        size_bytes: image?.sizeBytes ?? null,
        created_at: image === null ? null : image.createdAtMs / 1000,
        present: image !== null,
        is_default: defaults.has(name),
        models: models.filter((model) => uses(model, name, image)).map((model) => model.name),
        known_flags: image === null || engine === null ? null : flagCount(image.id, engine),
      };
    })
    .toSorted((a, b) => Number(b.present) - Number(a.present) || a.reference.localeCompare(b.reference));
}

function referenceOf({ engineType, engineImage }: ImageUser): string {
  return engineImage ?? driverOf(engineType).container.defaultImage;
}

/** A name may be written in ways that are not among the image's own: by digest, by id, without its tag. */
function matching(name: string, local: readonly LocalImage[]): LocalImage | null {
  const at = name.indexOf('@');
  const repository = repositoryOf(name);
  return (
    local.find(
      ({ id, tags, repoDigests }) =>
        id === name ||
        tags.includes(`${name}:latest`) ||
        (at > 0 && repoDigests.includes(`${repository}${name.slice(at)}`)),
    ) ?? null
  );
}

function digestOf(name: string, image: LocalImage | null): string | null {
  const repository = repositoryOf(name);
  const own = image?.repoDigests.find((digest) => digest.startsWith(`${repository}@`)) ?? image?.repoDigests[0];
  return own === undefined ? null : own.slice(own.indexOf('@') + 1);
}

/** A pinned model uses the image of its pin, also when the tag has gone on to another. */
function uses(model: ImageUser, name: string, image: LocalImage | null): boolean {
  if (referenceOf(model) !== name && image?.id !== model.engineImage) return false;
  const digest = model.engineDigest;
  return (
    digest === null || image === null || image.id === digest || image.repoDigests.some((own) => own.endsWith(digest))
  );
}
