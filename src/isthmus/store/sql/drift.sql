-- The learned shapes of answers, and what was different about later ones.

-- name: shape_versions
SELECT connection, operation, question, version FROM answer_shape ORDER BY connection, operation, question;

-- name: shape
SELECT version, answers, since, seen_at, shape FROM answer_shape
WHERE connection = :connection AND operation = :operation AND question = :question;

-- name: shapes
SELECT connection, operation, question, answers, since, seen_at, fingerprint FROM answer_shape
ORDER BY connection, operation, question;

-- name: keep_shape
-- Only over the version it was made from: another process may have learned something meanwhile.
INSERT INTO answer_shape (connection, operation, question, version, answers, since, seen_at, fingerprint, shape)
VALUES (:connection, :operation, :question, :version + 1, :answers, :since, :seen_at, :fingerprint, :shape)
ON CONFLICT (connection, operation, question) DO UPDATE
SET version = answer_shape.version + 1, answers = excluded.answers, since = excluded.since, seen_at = excluded.seen_at,
  fingerprint = excluded.fingerprint, shape = excluded.shape
WHERE answer_shape.version = :version
RETURNING version;

-- name: note_drift
INSERT INTO drift (connection, operation, kind, path, was, found, breaking, first_at, last_at, answers)
VALUES (:connection, :operation, :kind, :path, :was, :found, :breaking, :first_at, :last_at, :answers)
ON CONFLICT (connection, operation, kind, path, found) DO UPDATE
SET last_at = excluded.last_at, answers = drift.answers + excluded.answers;

-- name: accepted_drifts
SELECT connection, operation, kind, path, found FROM drift WHERE accepted_at IS NOT NULL ORDER BY id;

-- name: drifts
-- What is open first, what may break a job before what is only new.
SELECT id, connection, operation, kind, path, was, found, breaking, first_at, last_at, answers, accepted_at, who
FROM drift ORDER BY accepted_at IS NOT NULL, breaking DESC, id LIMIT :most;

-- name: drift_open
SELECT COUNT(*) AS drifts FROM drift WHERE accepted_at IS NULL AND breaking = 1;

-- name: accept_drift
UPDATE drift SET accepted_at = :now, who = :who WHERE CAST(id AS TEXT) IN (:ids...) AND accepted_at IS NULL RETURNING id;

-- name: prune_shapes
DELETE FROM answer_shape WHERE (connection, operation, question) IN (
  SELECT connection, operation, question FROM answer_shape WHERE seen_at < :before ORDER BY seen_at LIMIT 200
)
RETURNING seen_at;

-- name: prune_drifts
DELETE FROM drift WHERE id IN (SELECT id FROM drift WHERE last_at < :before ORDER BY last_at LIMIT 200)
RETURNING id;
