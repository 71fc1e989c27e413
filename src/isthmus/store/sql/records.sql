-- The mirror: the newest known record on each side.

-- name: fingerprints
SELECT external_id, fingerprint, changed_at, read_at, deleted_at FROM record
WHERE connection = :connection AND kind = :kind AND external_id IN (:ids...);

-- name: store_record
-- The newest read wins, whatever order reads arrive in.
INSERT INTO record
  (connection, kind, external_id, number, revision, changed_at, read_at, deleted_at, fingerprint, body)
VALUES
  (:connection, :kind, :external_id, :number, :revision, :changed_at, :read_at, :deleted_at, :fingerprint, :body)
ON CONFLICT (connection, kind, external_id) DO UPDATE SET
  number = excluded.number, revision = excluded.revision, changed_at = excluded.changed_at,
  read_at = excluded.read_at, deleted_at = excluded.deleted_at,
  fingerprint = excluded.fingerprint, body = excluded.body
WHERE excluded.read_at >= record.read_at;

-- name: record_seen
-- Nothing new, but the evidence is younger now.
UPDATE record SET read_at = :read_at
WHERE connection = :connection AND kind = :kind AND external_id = :external_id AND read_at < :read_at;

-- name: bury_record
UPDATE record SET deleted_at = :now, read_at = :read_at, fingerprint = 'deleted'
WHERE connection = :connection AND kind = :kind AND external_id = :external_id
  AND deleted_at IS NULL AND read_at <= :read_at
RETURNING external_id;

-- name: record
SELECT * FROM record WHERE connection = :connection AND kind = :kind AND external_id = :external_id;

-- name: records
SELECT * FROM record WHERE connection = :connection AND kind = :kind AND external_id IN (:ids...);

-- name: records_by_number
SELECT * FROM record
WHERE connection = :connection AND kind = :kind AND deleted_at IS NULL AND number IN (:numbers...);

-- name: find_records
SELECT connection, kind, external_id, number, changed_at, read_at, deleted_at FROM record
WHERE kind = :kind AND (number = :term OR external_id = :term OR number = :alternative)
ORDER BY connection LIMIT 50;

-- name: count_records
SELECT connection, kind, COUNT(*) AS records FROM record GROUP BY connection, kind;

-- name: record_ids
SELECT external_id, number FROM record WHERE connection = :connection AND kind = :kind AND deleted_at IS NULL;
