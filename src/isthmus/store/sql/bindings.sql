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
-- Same number on both sides, once on each, and neither bound to any of the other system yet: the same thing. What either
-- is bound to in a third system is the same thing, too.
INSERT INTO binding (connection, kind, external_id, entity, state, number, synced_at)
SELECT side.connection, side.kind, side.external_id, pair.entity, 'synced', side.number, :now
FROM (
  SELECT one.here_id, one.there_id,
    COALESCE(theirs.entity, mine.entity, :kind || ':' || :here || ':' || one.here_id) AS entity
  FROM (
    SELECT a.number, MIN(a.external_id) AS here_id, MIN(b.external_id) AS there_id
    FROM record AS a
    JOIN record AS b ON b.connection = :there AND b.kind = :kind AND b.number = a.number AND b.deleted_at IS NULL
    WHERE a.connection = :here AND a.kind = :kind AND a.number <> '' AND a.deleted_at IS NULL
    GROUP BY a.number
    HAVING COUNT(*) = 1
  ) AS one
  LEFT JOIN binding AS mine ON mine.connection = :here AND mine.kind = :kind AND mine.external_id = one.here_id
  LEFT JOIN binding AS theirs ON theirs.connection = :there AND theirs.kind = :kind AND theirs.external_id = one.there_id
  WHERE (mine.entity IS NULL OR theirs.entity IS NULL)
    AND NOT EXISTS (
      SELECT 1 FROM binding AS held
      WHERE held.entity = mine.entity AND held.kind = :kind AND held.connection || '' = :there
    )
    AND NOT EXISTS (
      SELECT 1 FROM binding AS held
      WHERE held.entity = theirs.entity AND held.kind = :kind AND held.connection || '' = :here
    )
) AS pair
JOIN record AS side
  ON side.kind = :kind AND (
    (side.connection = :here AND side.external_id = pair.here_id)
    OR (side.connection = :there AND side.external_id = pair.there_id)
  )
WHERE TRUE
ON CONFLICT DO NOTHING
RETURNING connection, external_id, number;

-- name: join_by_number
-- Same number on both sides, once on each, and each bound, but only to a third system: all of it is the same thing.
-- Not where that would bring two of one system together: nobody can tell which of them is meant.
WITH pair (here_id, there_id) AS (
  SELECT MIN(a.external_id), MIN(b.external_id)
  FROM record AS a
  JOIN record AS b ON b.connection = :there AND b.kind = :kind AND b.number = a.number AND b.deleted_at IS NULL
  WHERE a.connection = :here AND a.kind = :kind AND a.number <> '' AND a.deleted_at IS NULL
  GROUP BY a.number
  HAVING COUNT(*) = 1
),
apart (was, becomes) AS (
  SELECT mine.entity, MIN(theirs.entity)
  FROM pair
  JOIN binding AS mine ON mine.connection = :here AND mine.kind = :kind AND mine.external_id = pair.here_id
  JOIN binding AS theirs ON theirs.connection = :there AND theirs.kind = :kind AND theirs.external_id = pair.there_id
  WHERE mine.entity <> theirs.entity
    AND NOT EXISTS (
      SELECT 1 FROM binding AS one
      JOIN binding AS another ON another.entity = theirs.entity AND another.kind = one.kind
        AND another.connection = one.connection
      WHERE one.entity = mine.entity AND one.kind = :kind
    )
  GROUP BY mine.entity
)
UPDATE binding SET entity = (SELECT becomes FROM apart WHERE was = binding.entity)
WHERE kind = :kind AND entity IN (SELECT was FROM apart)
RETURNING connection, external_id, number;

-- name: join_entities
-- Two records that were just bound are one thing, also where each was bound to a third system already: what the first was
-- the same as is the same as the second, but for records of a system that has another one there.
UPDATE binding SET entity = (
  SELECT entity FROM binding WHERE connection = :there AND kind = :kind AND external_id = :there_id
)
WHERE kind = :kind
  AND entity = (SELECT entity FROM binding WHERE connection = :here AND kind = :kind AND external_id = :here_id)
  AND (
    connection = :here OR NOT EXISTS (
      SELECT 1 FROM binding AS theirs
      JOIN binding AS taken ON taken.entity = theirs.entity AND taken.kind = theirs.kind
      WHERE theirs.connection = :there AND theirs.kind = :kind AND theirs.external_id = :there_id
        AND taken.connection = binding.connection
    )
  );

-- name: unbind_one
-- The other system has it no more, or another one is meant.
DELETE FROM binding WHERE connection = :connection AND kind = :kind AND external_id = :external_id;
