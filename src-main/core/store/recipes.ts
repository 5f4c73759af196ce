import type { EngineType } from '../../contract/models.ts';
import type { Store } from './open.ts';

/** A saved configuration. Times are epoch milliseconds. */
export interface RecipeRecord {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly engineType: EngineType;
  readonly modelName: string | null;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface RecipeSearch {
  readonly q: string | null;
  readonly engineType: EngineType | null;
  readonly limit: number;
  readonly offset: number;
}

/** Another recipe has this name, in whatever case; the unique index said so. */
export class RecipeNameTakenError extends Error {}

interface RecipeRow {
  id: number;
  name: string;
  description: string;
  engine_type: string;
  model_name: string | null;
  configuration: string;
  created_at: number;
  updated_at: number;
}

export class RecipeTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  /** Newest first; `q` is looked for in its name, description and model name. */
  search(search: RecipeSearch): RecipeRecord[] {
    return this.#db
      .prepare<[object], RecipeRow>(
        `SELECT * FROM recipes
         WHERE (@engineType IS NULL OR engine_type = @engineType)
           AND (@q IS NULL OR instr(lower(name || char(10) || description || char(10) || coalesce(model_name, '')), lower(@q)))
         ORDER BY id DESC LIMIT @limit OFFSET @offset`,
      )
      .all(search)
      .map(toRecord);
  }

  get(id: number): RecipeRecord | null {
    const row = this.#db.prepare<[number], RecipeRow>('SELECT * FROM recipes WHERE id = ?').get(id);
    return row ? toRecord(row) : null;
  }

  /** Throws RecipeNameTakenError. */
  insert(recipe: Omit<RecipeRecord, 'id' | 'createdAt' | 'updatedAt'>, now: number): number {
    return refusingTakenNames(() => {
      const { lastInsertRowid } = this.#db
        .prepare(
          `INSERT INTO recipes (name, description, engine_type, model_name, configuration, created_at, updated_at)
           VALUES (@name, @description, @engineType, @modelName, @configuration, @now, @now)`,
        )
        .run({ ...recipe, configuration: JSON.stringify(recipe.configuration), now });
      return Number(lastInsertRowid);
    });
  }

  /** Throws RecipeNameTakenError. */
  rename(id: number, name: string, description: string, now: number): void {
    refusingTakenNames(() =>
      this.#db
        .prepare('UPDATE recipes SET name = ?, description = ?, updated_at = ? WHERE id = ?')
        .run(name, description, now, id),
    );
  }

  /** False where there was none. */
  delete(id: number): boolean {
    return this.#db.prepare('DELETE FROM recipes WHERE id = ?').run(id).changes > 0;
  }
}

function refusingTakenNames<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_CONSTRAINT_UNIQUE') {
      throw new RecipeNameTakenError(error.message, { cause: error });
    }
    throw error;
  }
}

function toRecord(row: RecipeRow): RecipeRecord {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    engineType: row.engine_type === 'vllm' ? 'vllm' : 'llamacpp',
    modelName: row.model_name,
    configuration: JSON.parse(row.configuration) as Record<string, unknown>,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
