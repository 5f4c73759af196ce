import type { Migration } from './migration.ts';

/** Times are epoch milliseconds throughout the database; the wire has the seed's units. */
export const firstLight: Migration = {
  version: 10,
  name: 'first light',
  sql: `
    CREATE TABLE settings (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL CHECK (json_valid(value))
    ) STRICT;

    CREATE TABLE library_folders (
      path TEXT PRIMARY KEY,
      added_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE models (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL,
      served_model_name TEXT NOT NULL,
      engine_type TEXT NOT NULL,
      runtime TEXT NOT NULL,
      mode TEXT NOT NULL,
      task TEXT NOT NULL,
      local_path TEXT,
      repo_id TEXT,
      engine_build_id TEXT,
      -- Only the fields that are set; each one by its name in the field table.
      fields TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(fields)),
      archived INTEGER NOT NULL DEFAULT 0,
      -- The last word of the supervisor, so that a failure is still explained after a restart.
      state TEXT NOT NULL DEFAULT 'stopped',
      state_detail TEXT,
      diagnosis TEXT CHECK (diagnosis IS NULL OR json_valid(diagnosis)),
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      last_used_at INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX models_served_name ON models (served_model_name) WHERE archived = 0;

    -- One row a running engine process, written before it starts: what a killed control center left behind is found here.
    CREATE TABLE launches (
      id TEXT PRIMARY KEY,
      model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
      pid INTEGER,
      -- Start time of the process in the kernel's clock ticks: a pid alone may have been given to another program.
      pid_started TEXT,
      executable TEXT NOT NULL,
      port INTEGER NOT NULL,
      started_at INTEGER NOT NULL
    ) STRICT;

    -- How long each phase took, for the time left of the next load.
    CREATE TABLE load_history (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
      fingerprint TEXT NOT NULL,
      load_ms INTEGER NOT NULL,
      loaded_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX load_history_model ON load_history (model_id, loaded_at);

    CREATE TABLE engine_builds (
      id TEXT PRIMARY KEY,
      engine_type TEXT NOT NULL,
      version TEXT NOT NULL,
      source TEXT NOT NULL,
      -- The folder of an installed build, or the executable of one of the owner's own.
      path TEXT NOT NULL,
      digest TEXT NOT NULL,
      size_bytes INTEGER NOT NULL,
      is_default INTEGER NOT NULL DEFAULT 0,
      installed_at INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX engine_builds_default ON engine_builds (engine_type) WHERE is_default = 1;

    CREATE TABLE api_keys (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL DEFAULT '',
      prefix TEXT NOT NULL,
      hash BLOB NOT NULL UNIQUE,
      scopes TEXT NOT NULL,
      user_id INTEGER,
      org_id INTEGER,
      expires_at INTEGER,
      last_used_at INTEGER,
      created_at INTEGER NOT NULL,
      disabled INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE sessions (
      hash BLOB PRIMARY KEY,
      created_at INTEGER NOT NULL,
      last_seen_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE usage (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      actor TEXT NOT NULL,
      key_id INTEGER,
      user_id INTEGER,
      org_id INTEGER,
      model_id INTEGER,
      model_name TEXT,
      task TEXT NOT NULL,
      prompt_tokens INTEGER NOT NULL,
      completion_tokens INTEGER NOT NULL,
      cached_tokens INTEGER,
      latency_ms REAL NOT NULL,
      ttft_ms REAL,
      stream INTEGER NOT NULL,
      status_code INTEGER NOT NULL,
      error_code TEXT,
      req_id TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    -- One index: each costs every request, and reading is by time.
    CREATE INDEX usage_created ON usage (created_at);

    CREATE TABLE jobs (
      id TEXT PRIMARY KEY,
      status TEXT NOT NULL,
      job_type TEXT NOT NULL,
      title TEXT NOT NULL,
      step TEXT NOT NULL,
      error TEXT,
      result TEXT,
      started_at INTEGER NOT NULL,
      finished_at INTEGER
    ) STRICT;
  `,
};
