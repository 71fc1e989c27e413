-- Revisions of mapping documents that ran.

-- name: keep_mapping
-- Seen by a process that only read the file, it keeps the words of whoever published it.
INSERT INTO mapping_revision (flow, revision, document, hooks, code_tables, seen_at, live_at, who, why)
VALUES (:flow, :revision, :document, :hooks, :code_tables, :now, :now, :who, :why)
ON CONFLICT (flow, revision) DO UPDATE SET
  live_at = excluded.live_at,
  who = CASE WHEN excluded.who = '' THEN mapping_revision.who ELSE excluded.who END,
  why = CASE WHEN excluded.who = '' THEN mapping_revision.why ELSE excluded.why END;

-- name: mappings_kept
SELECT flow, revision, seen_at, live_at, who, why FROM mapping_revision ORDER BY live_at DESC, seen_at DESC;

-- name: mapping_kept
SELECT * FROM mapping_revision WHERE flow = :flow AND revision = :revision;
