-- Reconciliation: what both systems' own lists say, day by day, and the chain its results stand in.

CREATE TABLE proof_run (
  id ${identity},
  flow TEXT NOT NULL,
  day TEXT NOT NULL,
  asked TEXT NOT NULL UNIQUE,
  who TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'listing',
  asked_at BIGINT NOT NULL,
  run_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT,
  token TEXT,
  lease_until BIGINT,
  failures INTEGER NOT NULL DEFAULT 0,
  code TEXT NOT NULL DEFAULT '',
  because TEXT NOT NULL DEFAULT '',
  here_cursor TEXT,
  there_cursor TEXT,
  here_ended INTEGER NOT NULL DEFAULT 0,
  there_ended INTEGER NOT NULL DEFAULT 0,
  listed BIGINT NOT NULL DEFAULT 0,
  last_key TEXT NOT NULL DEFAULT '',
  summary TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX proof_run_day ON proof_run (flow, day, id);
CREATE INDEX proof_run_due ON proof_run (run_at) WHERE state <> 'done';
CREATE INDEX proof_run_done ON proof_run (day, id) WHERE state = 'done';

-- Both lists of a run, for as long as it takes to compare them.
CREATE TABLE proof_listed (
  run BIGINT NOT NULL,
  key TEXT NOT NULL,
  side INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  unit TEXT NOT NULL DEFAULT '',
  amount TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (run, key, side, external_id)
);

-- What was found, never changed afterwards: each row holds the digest of the one before.
CREATE TABLE proof_row (
  id BIGINT PRIMARY KEY,
  run BIGINT NOT NULL,
  flow TEXT NOT NULL,
  day TEXT NOT NULL,
  verdict TEXT NOT NULL,
  finding TEXT NOT NULL,
  code TEXT NOT NULL,
  because TEXT NOT NULL,
  subject TEXT NOT NULL,
  number TEXT NOT NULL,
  fields TEXT NOT NULL,
  evidence TEXT NOT NULL,
  at BIGINT NOT NULL,
  previous TEXT NOT NULL,
  digest TEXT NOT NULL
);
CREATE INDEX proof_row_day ON proof_row (day, id);
CREATE INDEX proof_row_run ON proof_row (run, verdict, id);

CREATE TABLE proof_head (
  name TEXT PRIMARY KEY,
  links BIGINT NOT NULL,
  digest TEXT NOT NULL
);

-- What a person found right as it is, for as long as it looks the same.
CREATE TABLE proof_accepted (
  flow TEXT NOT NULL,
  subject TEXT NOT NULL,
  sight TEXT NOT NULL,
  who TEXT NOT NULL,
  because TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (flow, subject, sight)
);

-- What the last look at a shop's own list has shown.
CREATE TABLE pulse (
  flow TEXT PRIMARY KEY,
  looked_at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  listed BIGINT NOT NULL DEFAULT 0,
  unheard BIGINT NOT NULL DEFAULT 0,
  unread BIGINT NOT NULL DEFAULT 0,
  stuck BIGINT NOT NULL DEFAULT 0,
  newest TEXT NOT NULL DEFAULT '',
  newest_at BIGINT,
  code TEXT NOT NULL DEFAULT '',
  because TEXT NOT NULL DEFAULT '',
  since BIGINT
);
