import type { ModelCreate } from '../../../contract/models.ts';
import type { ModelSettings } from '../../store/models.ts';

/** What makes one model another one, and what must not leave the program. */
type NotCarried = 'name' | 'served_model_name' | 'hf_token';
type Carried = Record<Exclude<keyof (typeof ModelCreate)['shape'], NotCarried>, unknown>;

/**
 * A model's whole configuration as the input of another one: every field that is set, the source, the image and its
 * digest. Without its names, and without secrets. A key that models get one day does not compile until it is here.
 */
export function configurationOf(settings: ModelSettings): Record<string, unknown> {
  const own = {
    engine_type: settings.engineType,
    runtime: settings.runtime,
    mode: settings.mode,
    task: settings.task,
    local_path: settings.localPath,
    repo_id: settings.repoId,
    engine_build_id: settings.engineBuildId,
    engine_image: settings.engineImage,
    engine_digest: settings.engineDigest,
  } satisfies Carried;
  const all = { ...own, ...settings.fields };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));
}
