import type { Model } from '../../../contract/models.ts';
import { requestDefaultsOf } from '../../../domain/engine/field-table.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { ModelRecord } from '../../store/models.ts';
import type { ModelLife } from '../supervisor/model-life.ts';

/** A stored model and its life as one object: flat, with every field of its engine's table, null where it is not set. */
export function viewModel(record: ModelRecord, life: ModelLife): Model {
  const table = driverOf(record.engineType).table;
  const defaults = requestDefaultsOf(table, record.fields);
  const fields = Object.fromEntries(table.rows.map((row) => [row.name, record.fields[row.name] ?? null]));
  return {
    ...fields,
    id: record.id,
    name: record.name,
    served_model_name: record.servedModelName,
    engine_type: record.engineType,
    runtime: record.runtime,
    mode: record.mode,
    task: record.task,
    local_path: record.localPath,
    repo_id: record.repoId,
    engine_build_id: record.engineBuildId,
    engine_image: record.engineImage,
    engine_digest: record.engineDigest,
    hf_token_set: record.sealedHubToken !== null,
    archived: record.archived,
    state: life.state,
    state_detail: life.detail,
    progress: life.progress,
    diagnosis: life.diagnosis,
    engine: life.engine,
    port: life.launch?.port ?? null,
    container_name: life.launch?.container?.name ?? null,
    request_defaults_json: Object.keys(defaults).length === 0 ? null : JSON.stringify(defaults),
    created_at: record.createdAt / 1000,
    updated_at: record.updatedAt / 1000,
    last_used_at: record.lastUsedAt === null ? null : record.lastUsedAt / 1000,
  };
}
