-- The foundation: deliveries, the mirror, bindings, jobs and what became of them.
-- Times are microseconds since 1970 UTC. JSON is kept as text: both databases read it back unchanged.

CREATE TABLE connection (
  name TEXT PRIMARY KEY,
  connector TEXT NOT NULL,
  report TEXT,
  probed_at BIGINT,
  state TEXT NOT NULL DEFAULT 'unknown',
  code TEXT NOT NULL DEFAULT '',
  because TEXT NOT NULL DEFAULT '',
  since BIGINT
);

CREATE TABLE inbox (
  id ${identity},
  connection TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  body ${blob} NOT NULL,
  kind TEXT NOT NULL DEFAULT '',
  external_id TEXT NOT NULL DEFAULT '',
  received_at BIGINT NOT NULL,
  state TEXT NOT NULL DEFAULT 'new',
  run_at BIGINT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  token TEXT,
  because TEXT NOT NULL DEFAULT '',
  done_at BIGINT,
  UNIQUE (connection, delivery_id)
);
CREATE INDEX inbox_due ON inbox (run_at, id) WHERE state = 'new';
CREATE INDEX inbox_subject ON inbox (connection, kind, external_id);
CREATE INDEX inbox_done ON inbox (done_at) WHERE state = 'done';

CREATE TABLE record (
  connection TEXT NOT NULL,
  kind TEXT NOT NULL,
  external_id TEXT NOT NULL,
  number TEXT NOT NULL DEFAULT '',
  revision TEXT NOT NULL DEFAULT '',
  changed_at BIGINT,
  read_at BIGINT NOT NULL,
  deleted_at BIGINT,
  fingerprint TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (connection, kind, external_id)
);
CREATE INDEX record_number ON record (connection, kind, number);

CREATE TABLE binding (
  connection TEXT NOT NULL,
  kind TEXT NOT NULL,
  external_id TEXT NOT NULL,
  entity TEXT NOT NULL,
  state TEXT NOT NULL,
  number TEXT NOT NULL DEFAULT '',
  fingerprint TEXT NOT NULL DEFAULT '',
  base TEXT,
  refs TEXT NOT NULL DEFAULT '{}',
  synced_at BIGINT,
  last_error TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (connection, kind, external_id)
);
-- Not unique: two customers of a shop may turn out to be one in the ERP, and both bindings stay.
CREATE INDEX binding_entity ON binding (entity, kind, connection);

CREATE TABLE job (
  id ${identity},
  flow TEXT NOT NULL,
  subject TEXT NOT NULL,
  number TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'ready',
  run_at BIGINT NOT NULL,
  wanted BIGINT NOT NULL DEFAULT 1,
  taken BIGINT NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  first_failed_at BIGINT,
  token TEXT,
  lease_until BIGINT,
  waits_for TEXT,
  code TEXT NOT NULL DEFAULT '',
  because TEXT NOT NULL DEFAULT '',
  answers TEXT NOT NULL DEFAULT '[]',
  marked_at BIGINT NOT NULL,
  since BIGINT NOT NULL,
  done_at BIGINT,
  UNIQUE (flow, subject)
);
CREATE INDEX job_due ON job (flow, run_at) WHERE state IN ('ready', 'snoozed');
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_parked ON job (flow, since) WHERE state = 'parked';
CREATE INDEX job_waiting ON job (waits_for) WHERE waits_for IS NOT NULL;
CREATE INDEX job_open ON job (flow, state, marked_at) WHERE state <> 'done';
CREATE INDEX job_done ON job (done_at) WHERE state = 'done';
CREATE INDEX job_number ON job (number);
CREATE INDEX job_newest ON job (flow, id);

CREATE TABLE intent (
  id TEXT PRIMARY KEY,
  flow TEXT NOT NULL,
  subject TEXT NOT NULL,
  connection TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  reference TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  settles_at BIGINT NOT NULL,
  resolved_at BIGINT,
  external_id TEXT NOT NULL DEFAULT '',
  because TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX intent_in_flight ON intent (connection, kind, key) WHERE state IN ('open', 'unknown');
CREATE INDEX intent_subject ON intent (flow, subject);
CREATE INDEX intent_resolved ON intent (resolved_at) WHERE resolved_at IS NOT NULL;

CREATE TABLE attempt (
  id TEXT PRIMARY KEY,
  flow TEXT NOT NULL,
  subject TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  finished_at BIGINT,
  outcome TEXT NOT NULL,
  code TEXT NOT NULL DEFAULT '',
  because TEXT NOT NULL DEFAULT '',
  notes TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX attempt_subject ON attempt (flow, subject, started_at);
CREATE INDEX attempt_age ON attempt (started_at);

CREATE TABLE exchange (
  id ${identity},
  attempt_id TEXT,
  connection TEXT NOT NULL,
  operation TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  elapsed_ms INTEGER NOT NULL,
  status INTEGER,
  failure TEXT NOT NULL DEFAULT '',
  request TEXT NOT NULL DEFAULT '',
  response TEXT NOT NULL DEFAULT ''
);
CREATE INDEX exchange_attempt ON exchange (attempt_id);
CREATE INDEX exchange_age ON exchange (started_at);

CREATE TABLE stream (
  connection TEXT NOT NULL,
  kind TEXT NOT NULL,
  every_s INTEGER NOT NULL,
  cursor TEXT,
  run_at BIGINT NOT NULL,
  token TEXT,
  lease_until BIGINT,
  started_at BIGINT,
  covered_at BIGINT,
  finished_at BIGINT,
  rounds BIGINT NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  code TEXT NOT NULL DEFAULT '',
  because TEXT NOT NULL DEFAULT '',
  read_count BIGINT NOT NULL DEFAULT 0,
  changed_count BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (connection, kind)
);

CREATE TABLE in_flight (
  connection TEXT NOT NULL,
  order_id TEXT NOT NULL,
  sku TEXT NOT NULL,
  place TEXT NOT NULL,
  wanted TEXT NOT NULL,
  confirmed TEXT NOT NULL DEFAULT '0',
  confirmed_at BIGINT,
  PRIMARY KEY (connection, order_id, sku, place)
);
CREATE INDEX in_flight_sku ON in_flight (sku);
CREATE INDEX in_flight_confirmed ON in_flight (confirmed_at) WHERE confirmed_at IS NOT NULL;

CREATE TABLE audit (
  id ${identity},
  at BIGINT NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  before TEXT NOT NULL DEFAULT '',
  after TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_at ON audit (at);
