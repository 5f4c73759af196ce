import type { OrphanContainer } from '../../../contract/docker.ts';
import type { ModelState } from '../../../contract/models.ts';
import { isActive } from '../../../domain/lifecycle/lifecycle.ts';
import { LABELS, type FoundContainer } from '../../ports/containers.ts';

/** What is known of a found container's model, and of the launch that its label names. */
export interface FoundFacts {
  readonly state: FoundContainer['state'];
  /** The model's state as it was written down last; null where there is no such model any more, or it is archived. */
  readonly modelState: ModelState | null;
  /** Whether its launch was never ended by us. */
  readonly launchKnown: boolean;
  /** Whether it is what would be started now; null where that cannot be told. */
  readonly hashMatches: boolean | null;
  /** Whether the model has a newer container than this. */
  readonly isNewest: boolean;
}

export type FoundVerdict = 'adopt' | 'remove' | 'orphan';

/** What becomes of a container that an earlier run of the program left. What runs is never ended without having been wanted. */
export function judgeFound(facts: FoundFacts): FoundVerdict {
  const runs = facts.state === 'running' || facts.state === 'paused' || facts.state === 'restarting';
  if (facts.modelState === 'stopping') return 'remove';
  if (!runs) {
    // One that ended by itself while nobody watched is explained; one that never ran says nothing.
    const ended = facts.state === 'exited' || facts.state === 'dead';
    const explains = ended && facts.launchKnown && facts.isNewest && facts.hashMatches === true;
    return explains && facts.modelState !== null && isActive(facts.modelState) ? 'adopt' : 'remove';
  }
  const belongs = facts.modelState !== null && facts.launchKnown && facts.isNewest && facts.hashMatches === true;
  return belongs ? 'adopt' : 'orphan';
}

export function modelIdOf(found: FoundContainer): number | null {
  const id = Number(found.labels[LABELS.modelId]);
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}

/** One that runs and belongs to no model's life, for its owner to see. */
export function orphanOf(found: FoundContainer, modelName: string | null): OrphanContainer {
  return {
    id: found.id,
    name: found.name,
    image: found.image,
    state: found.state,
    model_id: modelIdOf(found),
    model_name: modelName,
    reason:
      modelName === null
        ? 'Its model does not exist any more.'
        : `"${modelName}" has another configuration by now, or another container.`,
    created_at: found.createdAtMs / 1000,
  };
}
