-- What the answers of other systems look like, learned from the answers, and what was different about later ones.

-- `question`: a digest of the fields a request asks for. `shape`: fields, types, counts and the names of states; no content.
CREATE TABLE answer_shape (
  connection TEXT NOT NULL,
  operation TEXT NOT NULL,
  question TEXT NOT NULL,
  version BIGINT NOT NULL,
  answers BIGINT NOT NULL,
  since BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  fingerprint TEXT NOT NULL,
  shape TEXT NOT NULL,
  PRIMARY KEY (connection, operation, question)
);
CREATE INDEX answer_shape_age ON answer_shape (seen_at);

CREATE TABLE drift (
  id ${identity},
  connection TEXT NOT NULL,
  operation TEXT NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  was TEXT NOT NULL,
  found TEXT NOT NULL,
  breaking INTEGER NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  answers BIGINT NOT NULL,
  accepted_at BIGINT,
  who TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX drift_once ON drift (connection, operation, kind, path, found);
CREATE INDEX drift_age ON drift (last_at);
CREATE INDEX drift_open ON drift (breaking, id) WHERE accepted_at IS NULL;
