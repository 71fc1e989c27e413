-- Which records of two systems are the same real thing.
-- Where a join goes from one record to what it is bound to, the other connection is written `|| ''`: no index knows that
-- expression, so the few rows of the entity are looked up. As a plain column it leads PostgreSQL, while nothing was
-- counted yet (a first reading), to all bindings of the other system, for each record anew.

-- name: bind
-- One of two records that are the same thing. Both get the entity either of them has already, the destination's first,
-- else a new one.
INSERT INTO binding
  (connection, kind, external_id, entity, state, number, fingerprint, base, refs, born, synced_at)
VALUES
  (
    :connection, :kind, :external_id,
    COALESCE(
      (SELECT entity FROM binding WHERE connection = :there AND kind = :kind AND external_id = :there_id),
      (SELECT entity FROM binding WHERE connection = :here AND kind = :kind AND external_id = :here_id),
      :entity
    ),
    :state, :number, :fingerprint, :base, :refs, :born, :now
  )
ON CONFLICT (connection, kind, external_id) DO UPDATE SET
  state = excluded.state, number = excluded.number, fingerprint = excluded.fingerprint,
  base = excluded.base, refs = excluded.refs, born = excluded.born, synced_at = excluded.synced_at, last_error = '';

-- name: counterparts
-- `other_number` is what it was called when it was bound, `called` what it is called now, if it is still there.
SELECT mine.external_id AS mine_id, other.external_id AS other_id, other.number AS other_number, thing.number AS called
FROM binding AS mine
JOIN binding AS other ON other.entity = mine.entity AND other.kind = mine.kind
LEFT JOIN record AS thing
  ON thing.connection = other.connection AND thing.kind = other.kind AND thing.external_id = other.external_id
  AND thing.deleted_at IS NULL
WHERE mine.connection = :connection AND mine.kind = :kind AND other.connection || '' = :other
  AND mine.external_id IN (:ids...);

-- name: bindings_of
SELECT * FROM binding WHERE entity = :entity ORDER BY connection;

-- name: entity_of
SELECT entity FROM binding WHERE connection = :connection AND kind = :kind AND external_id = :external_id;

-- name: bind_by_number
-- Same number on both sides, once on each, and neither bound yet: the same thing.
INSERT INTO binding (connection, kind, external_id, entity, state, number, synced_at)
SELECT side.connection, side.kind, side.external_id, :kind || ':' || :here || ':' || pair.here_id, 'synced', side.number, :now
FROM (
  SELECT a.number, MIN(a.external_id) AS here_id, MIN(b.external_id) AS there_id
  FROM record AS a
  JOIN record AS b ON b.connection = :there AND b.kind = :kind AND b.number = a.number AND b.deleted_at IS NULL
  WHERE a.connection = :here AND a.kind = :kind AND a.number <> '' AND a.deleted_at IS NULL
  GROUP BY a.number
  HAVING COUNT(*) = 1
) AS pair
JOIN record AS side
  ON side.kind = :kind AND (
    (side.connection = :here AND side.external_id = pair.here_id)
    OR (side.connection = :there AND side.external_id = pair.there_id)
  )
WHERE NOT EXISTS (SELECT 1 FROM binding WHERE connection = :here AND kind = :kind AND external_id = pair.here_id)
  AND NOT EXISTS (SELECT 1 FROM binding WHERE connection = :there AND kind = :kind AND external_id = pair.there_id)
ON CONFLICT DO NOTHING
RETURNING connection, external_id, number;

-- name: unbind_one
-- The other system has it no more, or another one is meant.
DELETE FROM binding WHERE connection = :connection AND kind = :kind AND external_id = :external_id;
