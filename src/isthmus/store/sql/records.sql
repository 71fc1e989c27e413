-- The mirror: the newest known record on each side.

-- name: fingerprints
SELECT external_id, fingerprint, changed_at, read_at, deleted_at FROM record
WHERE connection = :connection AND kind = :kind AND external_id IN (:ids...);

-- name: store_record
-- The newest read wins, whatever order reads arrive in; `Mirror` says the same in words (`outdated`). When a reading
-- began is not when it was answered, so among readings that may have overlapped (two minutes) the source's own stamp
-- decides. A stamp that went back is believed after that: a source may have been taken back to an older state.
INSERT INTO record
  (connection, kind, external_id, number, revision, changed_at, read_at, deleted_at, fingerprint, body)
VALUES
  (:connection, :kind, :external_id, :number, :revision, :changed_at, :read_at, :deleted_at, :fingerprint, :body)
ON CONFLICT (connection, kind, external_id) DO UPDATE SET
  number = excluded.number, revision = excluded.revision, changed_at = excluded.changed_at,
  read_at = excluded.read_at, deleted_at = excluded.deleted_at,
  fingerprint = excluded.fingerprint, body = excluded.body
WHERE (record.deleted_at IS NULL AND excluded.changed_at > record.changed_at)
  OR (excluded.read_at >= record.read_at AND (
    record.deleted_at IS NOT NULL OR excluded.changed_at IS NULL OR record.changed_at IS NULL
    OR excluded.changed_at >= record.changed_at OR excluded.read_at >= record.read_at + 120000000
  ));

-- name: record_seen
-- Nothing new, but the evidence is younger now; not for what another process has written since we compared.
UPDATE record SET read_at = :read_at
WHERE connection = :connection AND kind = :kind AND external_id = :external_id AND read_at < :read_at
  AND fingerprint = :fingerprint;

-- name: bury_record
UPDATE record SET deleted_at = :now, read_at = :read_at, fingerprint = 'deleted'
WHERE connection = :connection AND kind = :kind AND external_id = :external_id
  AND deleted_at IS NULL AND read_at <= :read_at
RETURNING external_id;

-- name: record
SELECT * FROM record WHERE connection = :connection AND kind = :kind AND external_id = :external_id;

-- name: standing
-- All a job has to know before it writes a record to another system, in one look: the record, what the other system
-- holds of it, and a create there that got no answer. About `|| ''` see bindings.sql.
SELECT record.body, record.fingerprint, record.read_at, record.deleted_at,
  held.external_id AS held_id, held.number AS held_number, held.fingerprint AS held_fingerprint, held.refs AS held_refs,
  held.born AS held_born, held.state AS held_state, held.synced_at AS held_at,
  intent.id AS intent_id, intent.settles_at, intent.external_id AS intent_made
FROM record
LEFT JOIN binding AS mine
  ON mine.connection = record.connection AND mine.kind = record.kind AND mine.external_id = record.external_id
LEFT JOIN binding AS held ON held.entity = mine.entity AND held.kind = mine.kind AND held.connection || '' = :other
LEFT JOIN intent
  ON intent.connection = :other AND intent.kind = record.kind AND intent.key = :key AND intent.state IN ('open', 'unknown')
WHERE record.connection = :connection AND record.kind = :kind AND record.external_id = :external_id;

-- name: records
SELECT * FROM record WHERE connection = :connection AND kind = :kind AND external_id IN (:ids...);

-- name: records_by_number
SELECT * FROM record
WHERE connection = :connection AND kind = :kind AND deleted_at IS NULL AND number IN (:numbers...);

-- name: find_records
-- Connection by connection, since both indexes begin with it.
SELECT record.connection, kind, external_id, number, changed_at, read_at, deleted_at
FROM connection JOIN record ON record.connection = connection.name
WHERE kind = :kind AND number IN (:term, :alternative)
UNION
SELECT record.connection, kind, external_id, number, changed_at, read_at, deleted_at
FROM connection JOIN record ON record.connection = connection.name
WHERE kind = :kind AND external_id = :term
ORDER BY connection LIMIT 50;

-- name: record_ids
SELECT external_id, number FROM record WHERE connection = :connection AND kind = :kind AND deleted_at IS NULL;
