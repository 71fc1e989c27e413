-- Many processes: what is on hold, what a connection may still be asked, who is at work, whose turn it is.

CREATE TABLE hold (
  what TEXT NOT NULL,
  why TEXT NOT NULL,
  code TEXT NOT NULL DEFAULT '',
  because TEXT NOT NULL DEFAULT '',
  who TEXT NOT NULL DEFAULT '',
  since BIGINT NOT NULL,
  began BIGINT,
  until BIGINT,
  run_at BIGINT,
  failures INTEGER NOT NULL DEFAULT 0,
  flows TEXT NOT NULL DEFAULT '[]',
  token TEXT,
  lease_until BIGINT,
  PRIMARY KEY (what, why)
);

CREATE TABLE allowance (
  connection TEXT PRIMARY KEY,
  version BIGINT NOT NULL,
  state TEXT NOT NULL
);
-- [postgres]
-- Rewritten many times a second: room on the page keeps each new version beside the old one.
ALTER TABLE allowance SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE TABLE process (
  id TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  host TEXT NOT NULL,
  pid BIGINT NOT NULL,
  version TEXT NOT NULL,
  flows TEXT NOT NULL DEFAULT '[]',
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  state TEXT NOT NULL DEFAULT 'working'
);

CREATE TABLE duty (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  lease_until BIGINT NOT NULL
);

CREATE TABLE kept (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- Whose turn it is inside a flow: 0 before 1.
ALTER TABLE job ADD COLUMN lane INTEGER NOT NULL DEFAULT 1;
CREATE INDEX job_turn ON job (flow, lane, run_at) WHERE state IN ('ready', 'snoozed');
