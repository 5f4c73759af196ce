import type { Migration } from './migration.ts';

/** Engines in containers: what a model needs to name an image, and what finds a container again. */
export const containers: Migration = {
  version: 20,
  name: 'containers',
  sql: `
    ALTER TABLE models ADD COLUMN engine_image TEXT;
    ALTER TABLE models ADD COLUMN engine_digest TEXT;
    -- Sealed with the program's secret: a copy of the database alone does not give it away.
    ALTER TABLE models ADD COLUMN hub_token TEXT;

    -- For a container, "executable" is its image, and the port is known once it runs.
    ALTER TABLE launches ADD COLUMN runtime TEXT NOT NULL DEFAULT 'process';
    ALTER TABLE launches ADD COLUMN container_id TEXT;

    -- The flags an engine really knows, asked from itself once an image (by its id) or binary (by path, size and time).
    CREATE TABLE engine_flags (
      engine TEXT PRIMARY KEY,
      engine_type TEXT NOT NULL,
      version TEXT,
      flags TEXT NOT NULL CHECK (json_valid(flags)),
      read_at INTEGER NOT NULL
    ) STRICT;
  `,
};
