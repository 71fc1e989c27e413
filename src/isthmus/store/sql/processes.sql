-- Who is at work, and who does what only one may do at a time.

-- name: process_alive
INSERT INTO process (id, role, host, pid, version, flows, started_at, seen_at, state)
VALUES (:id, :role, :host, :pid, :version, :flows, :now, :now, :state)
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, state = excluded.state;

-- name: process_gone
DELETE FROM process WHERE id = :id;

-- name: drop_lost_processes
DELETE FROM process WHERE seen_at < :before;

-- name: processes
SELECT * FROM process ORDER BY role, host, pid;

-- name: claim_duty
INSERT INTO duty (name, holder, lease_until) VALUES (:name, :holder, :lease_until)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
WHERE duty.holder = excluded.holder OR duty.lease_until < :now
RETURNING name;

-- name: leave_duty
DELETE FROM duty WHERE holder = :holder;

-- name: free_duties
DELETE FROM duty;

-- name: store_time [sqlite]
SELECT CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER) AS now;

-- name: store_time [postgres]
SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now;

-- name: recent_runs
-- The limit stands in the text, so that a plan made once knows it.
SELECT flow, started_at, finished_at
FROM (
  SELECT flow, started_at, finished_at, outcome FROM attempt
  WHERE started_at >= :since ORDER BY started_at DESC LIMIT 500
) AS latest
WHERE finished_at IS NOT NULL AND outcome = 'done';

-- name: keep_first
-- The first value given is the one everybody has.
INSERT INTO kept (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING;

-- name: kept
SELECT value FROM kept WHERE name = :name;
