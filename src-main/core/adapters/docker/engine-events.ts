import { z } from 'zod';
import { parsedJson } from './json-lines.ts';

/** `unsure`: events may have been missed; whoever depends on a container looks for himself. */
export type ContainerNews = 'died' | 'oom' | 'destroyed' | 'unsure';

/** One event of the engine. Since API 1.52 the older fields (status, id, from) are gone; these are in every version. */
const EngineEvent = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: z.string() }),
  time: z.number().optional(),
});

/** Podman's words for the same stand beside Docker's. */
const NEWS: Readonly<Record<string, ContainerNews>> = {
  die: 'died',
  died: 'died',
  kill: 'unsure',
  stop: 'died',
  oom: 'oom',
  destroy: 'destroyed',
  remove: 'destroyed',
};

export interface ContainerEvent {
  readonly id: string;
  /** Null for an event that concerns no life: a resize, a health check. */
  readonly news: ContainerNews | null;
  /** In seconds. */
  readonly time: number | null;
}

/** One line of GET /events; null for what is no container's event. */
export function readEvent(line: string): ContainerEvent | null {
  const event = EngineEvent.safeParse(parsedJson(line)).data;
  if (event === undefined || event.Type !== 'container') return null;
  return { id: event.Actor.ID, news: NEWS[event.Action] ?? null, time: event.time ?? null };
}
