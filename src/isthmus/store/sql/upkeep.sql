-- Retention: finished work goes after its time, a bounded number of rows at once. Unresolved work never goes.

-- name: prune_exchanges
DELETE FROM exchange WHERE id IN (SELECT id FROM exchange WHERE started_at < :before ORDER BY started_at LIMIT :wish)
RETURNING id;

-- name: prune_attempts
DELETE FROM attempt WHERE id IN (
  SELECT id FROM attempt WHERE started_at < :before ORDER BY started_at LIMIT :wish
)
RETURNING id;

-- name: prune_inbox
DELETE FROM inbox WHERE id IN (
  SELECT id FROM inbox WHERE state = 'done' AND done_at < :before ORDER BY done_at LIMIT :wish
)
RETURNING id;

-- name: prune_intents
DELETE FROM intent WHERE id IN (
  SELECT id FROM intent WHERE resolved_at IS NOT NULL AND resolved_at < :before ORDER BY resolved_at LIMIT :wish
)
RETURNING id;

-- name: prune_jobs
DELETE FROM job WHERE id IN (
  SELECT id FROM job WHERE state = 'done' AND done_at < :before ORDER BY done_at LIMIT :wish
)
RETURNING id;
