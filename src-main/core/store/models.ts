import { z } from 'zod';
import {
  Diagnosis,
  FieldPatch,
  type EngineType,
  type ModelState,
  type Runtime,
  type Task,
} from '../../contract/models.ts';
import type { FieldValue } from '../../domain/engine/field-table.ts';
import type { Store } from './open.ts';

/** A stored model. Times are epoch milliseconds; `fields` holds only what is set. */
export interface ModelRecord {
  readonly id: number;
  readonly name: string;
  readonly servedModelName: string;
  readonly engineType: EngineType;
  readonly runtime: Runtime;
  readonly mode: 'offline' | 'online';
  readonly task: Task;
  readonly localPath: string | null;
  readonly repoId: string | null;
  readonly engineBuildId: string | null;
  readonly engineImage: string | null;
  readonly engineDigest: string | null;
  /** A Hugging Face token, sealed with the program's secret; null for none. */
  readonly sealedHubToken: string | null;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly archived: boolean;
  readonly state: ModelState;
  readonly stateDetail: string | null;
  readonly diagnosis: Diagnosis | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUsedAt: number | null;
}

/** What the owner decides; the rest is the program's own. */
export type ModelSettings = Omit<
  ModelRecord,
  'id' | 'state' | 'stateDetail' | 'diagnosis' | 'createdAt' | 'updatedAt' | 'lastUsedAt'
>;

/** Another model has this served name; the unique index said so, whoever came first. */
export class ServedNameTakenError extends Error {}

interface ModelRow {
  id: number;
  name: string;
  served_model_name: string;
  engine_type: string;
  runtime: string;
  mode: string;
  task: string;
  local_path: string | null;
  repo_id: string | null;
  engine_build_id: string | null;
  engine_image: string | null;
  engine_digest: string | null;
  hub_token: string | null;
  fields: string;
  archived: number;
  state: string;
  state_detail: string | null;
  diagnosis: string | null;
  created_at: number;
  updated_at: number;
  last_used_at: number | null;
}

const COLUMNS =
  'name, served_model_name, engine_type, runtime, mode, task, local_path, repo_id, engine_build_id, engine_image, engine_digest, hub_token, fields, archived';

export class ModelTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  all(): ModelRecord[] {
    return this.#db.prepare<[], ModelRow>('SELECT * FROM models ORDER BY id').all().map(toRecord);
  }

  get(id: number): ModelRecord | null {
    const row = this.#db.prepare<[number], ModelRow>('SELECT * FROM models WHERE id = ?').get(id);
    return row ? toRecord(row) : null;
  }

  /** Throws ServedNameTakenError. */
  insert(settings: ModelSettings, now: number): number {
    return refusingTakenNames(() => {
      const { lastInsertRowid } = this.#db
        .prepare(
          `INSERT INTO models (${COLUMNS}, created_at, updated_at)
           VALUES (@name, @served_model_name, @engine_type, @runtime, @mode, @task, @local_path, @repo_id,
             @engine_build_id, @engine_image, @engine_digest, @hub_token, @fields, @archived, @now, @now)`,
        )
        .run({ ...toColumns(settings), now });
      return Number(lastInsertRowid);
    });
  }

  /** Throws ServedNameTakenError. */
  update(id: number, settings: ModelSettings, now: number): void {
    refusingTakenNames(() =>
      this.#db
        .prepare(
          `UPDATE models SET name = @name, served_model_name = @served_model_name, engine_type = @engine_type,
             runtime = @runtime, mode = @mode, task = @task, local_path = @local_path, repo_id = @repo_id,
             engine_build_id = @engine_build_id,
             engine_image = @engine_image, engine_digest = @engine_digest, hub_token = @hub_token, fields = @fields, archived = @archived, updated_at = @now
           WHERE id = @id`,
        )
        .run({ ...toColumns(settings), id, now }),
    );
  }

  delete(id: number): void {
    this.#db.prepare('DELETE FROM models WHERE id = ?').run(id);
  }

  saveState(id: number, state: ModelState, detail: string | null, diagnosis: Diagnosis | null): void {
    this.#db
      .prepare('UPDATE models SET state = ?, state_detail = ?, diagnosis = ? WHERE id = ?')
      .run(state, detail, diagnosis === null ? null : JSON.stringify(diagnosis), id);
  }

  /** Pins a model to the image it runs with, unless its owner has named another one meanwhile. */
  savePin(id: number, image: string | null, digest: string): void {
    this.#db
      .prepare('UPDATE models SET engine_digest = ? WHERE id = ? AND engine_digest IS NULL AND engine_image IS ?')
      .run(digest, id, image);
  }

  saveLastUsed(id: number, at: number): void {
    this.#db.prepare('UPDATE models SET last_used_at = ? WHERE id = ?').run(at, id);
  }
}

function refusingTakenNames<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_CONSTRAINT_UNIQUE') {
      throw new ServedNameTakenError(error.message, { cause: error });
    }
    throw error;
  }
}

function toColumns(settings: ModelSettings) {
  return {
    name: settings.name,
    served_model_name: settings.servedModelName,
    engine_type: settings.engineType,
    runtime: settings.runtime,
    mode: settings.mode,
    task: settings.task,
    local_path: settings.localPath,
    repo_id: settings.repoId,
    engine_build_id: settings.engineBuildId,
    engine_image: settings.engineImage,
    engine_digest: settings.engineDigest,
    hub_token: settings.sealedHubToken,
    fields: JSON.stringify(settings.fields),
    archived: settings.archived ? 1 : 0,
  };
}

const Stored = z.object({
  engineType: z.enum(['llamacpp', 'vllm']),
  runtime: z.enum(['process', 'container']),
  mode: z.enum(['offline', 'online']),
  task: z.enum(['generate', 'embed']),
  state: z.enum(['stopped', 'starting', 'loading', 'running', 'stopping', 'failed']),
  fields: FieldPatch,
  diagnosis: Diagnosis.nullable(),
});

function toRecord(row: ModelRow): ModelRecord {
  const stored = Stored.parse({
    engineType: row.engine_type,
    runtime: row.runtime,
    mode: row.mode,
    task: row.task,
    state: row.state,
    fields: JSON.parse(row.fields),
    diagnosis: row.diagnosis === null ? null : JSON.parse(row.diagnosis),
  });
  return {
    ...stored,
    id: row.id,
    name: row.name,
    servedModelName: row.served_model_name,
    localPath: row.local_path,
    repoId: row.repo_id,
    engineBuildId: row.engine_build_id,
    engineImage: row.engine_image,
    engineDigest: row.engine_digest,
    sealedHubToken: row.hub_token,
    archived: row.archived === 1,
    stateDetail: row.state_detail,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastUsedAt: row.last_used_at,
  };
}
