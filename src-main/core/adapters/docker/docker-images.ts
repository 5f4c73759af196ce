import type Docker from 'dockerode';
import { AppError } from '../../../contract/errors.ts';
import type { Images, LocalImage, PullProgress } from '../../ports/images.ts';
import { askImage } from './ask-image.ts';
import type { DockerEngine } from './docker-engine.ts';
import { faultOf, isRefused } from './faults.ts';
import { isReference, registryOf, withTag } from './image-reference.ts';
import { linesOf } from './json-lines.ts';
import { pullError } from './pull-errors.ts';
import { PullTally } from './pull-tally.ts';
import { readLogin } from './surroundings.ts';

const NONE = '<none>';

/** The images of whatever engine answers. */
export class DockerImages implements Images {
  readonly #engine: DockerEngine;

  constructor(engine: DockerEngine) {
    this.#engine = engine;
  }

  async list(signal: AbortSignal): Promise<LocalImage[]> {
    const rows = await this.#engine.call(signal, async ({ docker }) => docker.listImages({ abortSignal: signal }));
    const images = await Promise.all(
      [...new Set(rows.map(({ Id }) => Id))].map(async (id) => this.inspect(id, signal)),
    );
    return images.filter((image) => image !== null);
  }

  async inspect(reference: string, signal: AbortSignal): Promise<LocalImage | null> {
    if (!isReference(reference)) return null;
    try {
      return localImage(await this.#engine.call(signal, async ({ docker }) => docker.getImage(reference).inspect()));
    } catch (error) {
      // 400: the engine cannot read the name, so nothing here bears it.
      if (isRefused(error, 404, 400)) return null;
      throw error;
    }
  }

  async pull(
    reference: string,
    onProgress: (progress: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<LocalImage> {
    if (!isReference(reference))
      throw new AppError('image_not_found', { reference, reason: 'no image can have that name' });
    const name = withTag(reference);
    const tally = new PullTally();
    try {
      await this.#engine.call(signal, async ({ docker }) => {
        const stream = await docker.pull(name, { ...(await this.#login(name)), abortSignal: signal });
        for await (const line of linesOf(stream)) if (tally.read(line)) onProgress(tally.progress());
      });
    } catch (error) {
      const fault = faultOf(error);
      throw fault.kind === 'refused' ? pullError(name, fault.sentence) : error;
    }
    signal.throwIfAborted();
    if (tally.error !== null) throw pullError(name, tally.error);
    const image = await this.inspect(name, signal);
    if (image === null) throw pullError(name, 'the download ended, and the image is not there');
    return image;
  }

  async #login(name: string): Promise<{ authconfig?: { username: string; password: string; serveraddress: string } }> {
    const registry = registryOf(name);
    const login = await readLogin(registry, this.#engine.home);
    if (login === null) return {};
    return { authconfig: { username: login.user, password: login.word, serveraddress: registry } };
  }

  async remove(reference: string, signal: AbortSignal): Promise<void> {
    const image = await this.inspect(reference, signal);
    if (image === null) throw new AppError('not_found', { what: `The image ${reference}` });
    // By its id an image goes only together with all its names.
    const names = reference === image.id && image.tags.length > 0 ? image.tags : [reference];
    try {
      await this.#engine.call(signal, async ({ docker }) => {
        for (const name of names) await docker.getImage(name).remove({ abortSignal: signal });
      });
    } catch (error) {
      if (isRefused(error, 404)) throw new AppError('not_found', { what: `The image ${reference}` });
      if (!isRefused(error, 409)) throw error;
      const users = await this.#usersOf(image.id, signal);
      throw new AppError('image_in_use', { reference, users: users.length > 0 ? users : ['another image'] });
    }
  }

  /** Names of the containers made from it, running or not. */
  async #usersOf(id: string, signal: AbortSignal): Promise<string[]> {
    const rows = await this.#engine.call(signal, async ({ docker }) =>
      docker.listContainers({ all: true, filters: JSON.stringify({ ancestor: [id] }), abortSignal: signal }),
    );
    return rows.map(({ Names, Id }) => Names[0]?.replace(/^\//, '') ?? Id.slice(0, 12));
  }

  async ask(image: string, argv: readonly [string, ...string[]], signal: AbortSignal): Promise<string | null> {
    try {
      return await this.#engine.call(signal, async ({ docker }) => askImage(docker, image, argv, signal));
    } catch (error) {
      // The program is not in it, or the image is not here.
      if (faultOf(error).kind === 'refused') return null;
      throw error;
    }
  }
}

function localImage(facts: Docker.ImageInspectInfo): LocalImage {
  const entrypoint = facts.Config.Entrypoint ?? [];
  return {
    id: facts.Id,
    tags: named(facts.RepoTags),
    repoDigests: named(facts.RepoDigests),
    sizeBytes: facts.Size,
    createdAtMs: Date.parse(facts.Created) || 0,
    labels: facts.Config.Labels ?? {},
    entrypoint: typeof entrypoint === 'string' ? [entrypoint] : entrypoint,
    architecture: facts.Architecture,
  };
}

function named(names: readonly string[] | null): string[] {
  return (names ?? []).filter((name) => !name.includes(NONE));
}
