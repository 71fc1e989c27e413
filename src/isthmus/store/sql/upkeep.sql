-- Retention: finished work goes after its time, 200 rows at once. Unresolved work never goes: what makes a row finished
-- is asked once more of the row itself, which somebody may have marked while this waited for it.
-- The number stands here and is no parameter: PostgreSQL plans for a tenth of the table when it cannot see it.

-- name: make_exchange_days [sqlite]
-- One table there: its pages are used again as rows go.
SELECT 0 AS made WHERE :now + :days IS NULL;

-- name: make_exchange_days [postgres]
SELECT make_exchange_days(:now, :days) AS made;

-- name: drop_exchange_day [sqlite]
SELECT NULL AS part WHERE :before IS NULL;

-- name: drop_exchange_day [postgres]
SELECT part FROM (SELECT drop_exchange_day(:before) AS part) AS dropped WHERE part IS NOT NULL;

-- name: prune_exchanges
DELETE FROM exchange WHERE started_at < :before AND id IN (
  SELECT id FROM exchange WHERE started_at < :before ORDER BY started_at LIMIT 200
)
RETURNING id;

-- name: prune_attempts
DELETE FROM attempt WHERE id IN (SELECT id FROM attempt WHERE started_at < :before ORDER BY started_at LIMIT 200)
RETURNING id;

-- name: inbox_connections
SELECT connection FROM inbox_connection;

-- name: prune_inbox
-- By when it came: the index that also knows each connection's newest.
DELETE FROM inbox WHERE id IN (
  SELECT id FROM inbox
  WHERE connection = :connection AND received_at < :before AND state = 'done' ORDER BY received_at LIMIT 200
)
  AND state = 'done'
RETURNING id;

-- name: prune_intents
DELETE FROM intent WHERE id IN (
  SELECT id FROM intent WHERE resolved_at IS NOT NULL AND resolved_at < :before ORDER BY resolved_at LIMIT 200
)
RETURNING id;

-- name: job_flows
SELECT flow FROM job_flow;

-- name: prune_jobs
DELETE FROM job WHERE id IN (
  SELECT id FROM job WHERE flow = :flow AND state = 'done' AND done_at < :before ORDER BY done_at LIMIT 200
)
  AND state = 'done' AND done_at < :before
RETURNING id;
