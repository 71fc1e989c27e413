-- The schema as the database itself tells it, and how far a copy into this database has come.

-- name: applied_changes
SELECT name FROM schema_migration ORDER BY name;

-- name: schema_columns [sqlite]
SELECT made.name AS table_name, part.name AS column_name, LOWER(part.type) AS kind, part.pk AS key_place,
  part."notnull" AS needed, NULL AS counter
FROM sqlite_master AS made, pragma_table_xinfo(made.name) AS part
WHERE made.type = 'table' AND made.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND part.hidden = 0
ORDER BY made.name, part.cid;

-- name: schema_columns [postgres]
-- A partitioned table counts once, as its parent; tables of extensions are not ours.
SELECT made.relname AS table_name, part.attname AS column_name, format_type(part.atttypid, NULL) AS kind,
  COALESCE(array_position(string_to_array(key.indkey::text, ' '), part.attnum::text), 0) AS key_place,
  part.attnotnull::int AS needed,
  pg_get_serial_sequence(format('%I.%I', space.nspname, made.relname), part.attname) AS counter
FROM pg_class AS made
JOIN pg_namespace AS space ON space.oid = made.relnamespace
JOIN pg_attribute AS part ON part.attrelid = made.oid AND part.attnum > 0 AND NOT part.attisdropped
LEFT JOIN pg_index AS key ON key.indrelid = made.oid AND key.indisprimary
WHERE space.nspname = current_schema() AND made.relkind IN ('r', 'p') AND NOT made.relispartition
  AND part.attgenerated = ''
  AND NOT EXISTS (
    SELECT 1 FROM pg_depend AS tie
    WHERE tie.classid = 'pg_class'::regclass AND tie.objid = made.oid AND tie.deptype = 'e'
  )
ORDER BY made.relname, part.attnum;

-- name: leases
-- Work somebody has in hand now; one that died in the middle of it is seen here until its lease is over.
SELECT COUNT(*) AS leases, MAX(until) AS until FROM (
  SELECT lease_until AS until FROM job WHERE state = 'running' AND lease_until > :now
  UNION ALL SELECT lease_until FROM stream WHERE token IS NOT NULL AND lease_until > :now
  UNION ALL SELECT run_at FROM inbox WHERE state = 'new' AND token IS NOT NULL AND run_at > :now
) AS held;

-- name: copy_marks
SELECT table_name, source, last_key, finished FROM unfinished_copy ORDER BY table_name;

-- name: mark_copied
INSERT INTO unfinished_copy (table_name, source, last_key, finished)
VALUES (:table_name, :source, :last_key, :finished)
ON CONFLICT (table_name) DO UPDATE SET last_key = excluded.last_key, finished = excluded.finished;

-- name: unmark_copied
DELETE FROM unfinished_copy WHERE table_name = :table_name;
