import { requestDefaultsOf } from '../../../domain/engine/field-table.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { RouteEntry } from '../../../domain/gateway/routing.ts';
import type { ModelRecord } from '../../store/models.ts';
import type { ModelLife } from './model-life.ts';

/** What the gateway knows of a model: its stored settings count at once, its engine is the one that exists now. */
export function routeOf(model: ModelRecord, life: ModelLife): RouteEntry {
  const driver = driverOf(model.engineType);
  const { launch } = life;
  // A changed task counts from the next start: the engine that runs was started for the old one.
  const task = launch?.plan.launch.task ?? model.task;
  return {
    modelId: model.id,
    servedName: model.servedModelName,
    engine: model.engineType,
    task,
    embeds: task === 'embed' || model.fields['enable_embeddings'] === true,
    state: life.state,
    target: launch?.target ?? null,
    requestDefaults: requestDefaultsOf(driver.table, model.fields),
    contextLength: launch?.facts.slotContext ?? null,
    slots: launch?.facts.slots ?? null,
    requestTimeoutMs: milliseconds(model, 'request_timeout_sec'),
    streamTimeoutMs: milliseconds(model, 'stream_timeout_sec'),
    createdAt: Math.floor(model.createdAt / 1000),
  };
}

function milliseconds(model: ModelRecord, field: string): number | null {
  const seconds = model.fields[field];
  return typeof seconds === 'number' ? seconds * 1000 : null;
}
