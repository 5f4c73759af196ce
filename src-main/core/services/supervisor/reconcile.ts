import type { Logger } from 'pino';
import { AppError } from '../../../contract/errors.ts';
import type { OrphanContainer } from '../../../contract/docker.ts';
import { nextState } from '../../../domain/lifecycle/lifecycle.ts';
import { LABELS, type Containers, type FoundContainer } from '../../ports/containers.ts';
import type { LaunchTable } from '../../store/launches.ts';
import type { ModelRecord, ModelTable } from '../../store/models.ts';
import { specOf } from './container-of-launch.ts';
import { judgeFound, modelIdOf, orphanOf } from './found-containers.ts';
import { planLaunch, type LaunchPlan, type LaunchSources } from './launch-plan.ts';
import type { ModelLife } from './model-life.ts';

const REMOVE_GRACE_MS = 10_000;

export interface ReconcileSources extends LaunchSources {
  readonly models: ModelTable;
  readonly launches: LaunchTable;
  readonly containers: Containers;
  readonly log: Logger;
  readonly life: (id: number) => ModelLife;
}

/** A program that ends as it should leaves no model in such a state, but for containers that were left. */
function interruptedWords(state: ModelRecord['state']): string | null {
  switch (state) {
    case 'starting':
    case 'loading':
      return 'The program was ended while this model was starting.';
    case 'running':
      return 'This model ran when the program was ended.';
    default:
      return null;
  }
}

/** Brings what is written down and what Docker says together: after a start of the program, and whenever Docker comes up. */
export class Reconciler {
  readonly #sources: ReconcileSources;
  #running: Promise<void> | null = null;

  constructor(sources: ReconcileSources) {
    this.#sources = sources;
  }

  /** One at a time; a call during another joins it. Rejects only with the signal's reason. */
  async run(signal: AbortSignal): Promise<void> {
    this.#running ??= this.#reconcile(signal).finally(() => (this.#running = null));
    await this.#running;
  }

  /** Containers of ours that no life holds. Empty while Docker is away. */
  async orphans(signal: AbortSignal): Promise<OrphanContainer[]> {
    const held = this.#held();
    const found = await this.#list(signal);
    return (found ?? [])
      .filter((container) => !held.has(container.id) && !this.#isStarting(container))
      .map((container) => orphanOf(container, this.#modelOf(container)?.name ?? null));
  }

  /** Stops and removes one of them. Throws AppError `not_found` for what is none. */
  async removeOrphan(id: string, signal: AbortSignal): Promise<void> {
    const orphans = await this.orphans(signal);
    const orphan = orphans.find((candidate) => candidate.id === id || candidate.name === id);
    if (!orphan) throw new AppError('not_found', { what: `Container ${id}` });
    await this.#sources.containers.remove(orphan.id, REMOVE_GRACE_MS, signal);
  }

  async #list(signal: AbortSignal): Promise<FoundContainer[] | null> {
    const { containers, ownerId, log } = this.#sources;
    const status = await containers.status(signal);
    if (status.problem !== 'ok') return null;
    try {
      return await containers.list(ownerId, signal);
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error }, 'the containers could not be listed');
      return null;
    }
  }

  async #reconcile(signal: AbortSignal): Promise<void> {
    const { launches, models } = this.#sources;
    const found = await this.#list(signal);
    if (found === null) return;
    const held = this.#held();
    const newestFirst = found
      .filter((container) => !held.has(container.id) && !this.#isStarting(container))
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs);
    const seen = new Set<number>();
    for (const container of newestFirst) {
      const modelId = modelIdOf(container);
      const isNewest = modelId !== null && !seen.has(modelId);
      if (modelId !== null) seen.add(modelId);
      await this.#take(container, isNewest, signal);
    }
    this.#stateBefore.clear();
    // What was written down and does not exist any more.
    const taken = this.#held();
    for (const launch of launches.all()) {
      if (launch.runtime !== 'container' || taken.has(launch.container_id ?? '')) continue;
      const life = models.get(launch.model_id) ? this.#sources.life(launch.model_id) : null;
      if (life?.isActive === true && !life.isStuck) continue;
      if (found.some((container) => container.labels[LABELS.launchId] === launch.id)) continue;
      launches.delete(launch.id);
      life?.settleStopped();
    }
  }

  async #take(container: FoundContainer, isNewest: boolean, signal: AbortSignal): Promise<void> {
    const { containers, launches, log } = this.#sources;
    const model = this.#modelOf(container);
    const launchId = container.labels[LABELS.launchId] ?? '';
    const plan = model === null || model.archived ? null : await this.#planOf(model, signal);
    const verdict = judgeFound({
      state: container.state,
      modelState: model === null || model.archived ? null : (this.#stateBefore.get(model.id) ?? model.state),
      launchKnown: launches.all().some((launch) => launch.id === launchId),
      hashMatches: plan === null ? null : plan.hash === container.labels[LABELS.configHash],
      isNewest,
    });
    log.info({ container: container.name, state: container.state, verdict }, 'found a container of ours');
    if (verdict === 'remove') {
      await containers.remove(container.id, REMOVE_GRACE_MS, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        log.warn({ err: error, container: container.name }, 'a container could not be removed');
      });
      launches.delete(launchId);
      if (model !== null) this.#sources.life(model.id).settleStopped();
    } else if (verdict === 'adopt' && model !== null && plan !== null) {
      this.#sources.life(model.id).adopt(container, plan.plan);
    }
  }

  /** The states at the last end of the program, until Docker was looked into: by now the models stand as stopped. */
  readonly #stateBefore = new Map<number, ModelRecord['state']>();

  /** Before anything else at a start: no model has an engine yet, whatever is written down. */
  resetStates(): void {
    const { models } = this.#sources;
    for (const model of models.all()) {
      this.#stateBefore.set(model.id, model.state);
      const state = nextState(model.state, 'boot');
      if (state === model.state) continue;
      const detail = interruptedWords(model.state);
      if (detail !== null) this.#interrupted.add(model.id);
      models.saveState(model.id, state, detail, null);
    }
  }

  /** Whether the last program was killed while this model ran or was on its way. */
  wasInterrupted(modelId: number): boolean {
    return this.#interrupted.has(modelId);
  }

  readonly #interrupted = new Set<number>();

  /** What would be started now; null where that cannot be told. Nothing is downloaded for it. */
  async #planOf(model: ModelRecord, signal: AbortSignal): Promise<{ plan: LaunchPlan; hash: string } | null> {
    if (model.runtime !== 'container') return null;
    const quiet = new AbortController();
    try {
      const plan = await planLaunch(model, this.#sources, {
        signal: AbortSignal.any([signal, quiet.signal]),
        onPull: () => quiet.abort(),
      });
      if (plan.place.kind !== 'container') return null;
      const { hash } = specOf({ plan, model, services: this.#sources }, plan.place, '', '');
      return { plan, hash };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError) && !quiet.signal.aborted) throw error;
      return null;
    }
  }

  #modelOf(container: FoundContainer): ModelRecord | null {
    const id = modelIdOf(container);
    return id === null ? null : this.#sources.models.get(id);
  }

  /** Ids of the containers that lives hold. */
  #held(): ReadonlySet<string> {
    const ids = this.#sources.models.all().map(({ id }) => this.#sources.life(id).launch?.container?.id);
    return new Set(ids.filter((id): id is string => id !== undefined));
  }

  /** One that is being created at this moment is no stray. */
  #isStarting(container: FoundContainer): boolean {
    const id = modelIdOf(container);
    if (id === null || this.#sources.models.get(id) === null) return false;
    const { state, launch } = this.#sources.life(id);
    return state === 'starting' || (state === 'stopping' && launch !== null);
  }
}
