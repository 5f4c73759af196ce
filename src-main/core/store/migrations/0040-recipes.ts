import type { Migration } from './migration.ts';

/** Saved configurations. They stand on their own: a model that is deleted takes none with it. */
export const recipes: Migration = {
  version: 40,
  name: 'recipes',
  sql: `
    CREATE TABLE recipes (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL COLLATE NOCASE UNIQUE,
      description TEXT NOT NULL,
      engine_type TEXT NOT NULL,
      -- The name of the model it was saved from, as it was then.
      model_name TEXT,
      -- The input of a new model but for names and secrets.
      configuration TEXT NOT NULL CHECK (json_valid(configuration)),
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT;
  `,
};
