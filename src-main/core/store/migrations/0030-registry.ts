import type { Migration } from './migration.ts';

/** Servers of others that answer for a served name, and which of them answered a request. */
export const registry: Migration = {
  version: 30,
  name: 'registry',
  sql: `
    CREATE TABLE registry (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      served_name TEXT NOT NULL,
      -- Base address without "/v1".
      url TEXT NOT NULL,
      task TEXT NOT NULL,
      engine_type TEXT,
      -- What the server calls the model; null when by the served name.
      upstream_model TEXT,
      -- Sealed with the program's secret.
      api_key TEXT,
      enabled INTEGER NOT NULL DEFAULT 1,
      created_at INTEGER NOT NULL,
      UNIQUE (served_name, url)
    ) STRICT;

    -- The address of the foreign server that was asked; null for an engine of ours.
    ALTER TABLE usage ADD COLUMN upstream TEXT;
  `,
};
