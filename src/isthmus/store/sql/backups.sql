-- What a backup is told by, and what a restored database must not take from the past.

-- name: backup_figures
SELECT
  (SELECT COUNT(*) FROM job) AS jobs,
  (SELECT COUNT(*) FROM job WHERE state IN ('ready', 'running', 'snoozed')) AS waiting,
  (SELECT COUNT(*) FROM job WHERE state = 'parked') AS questions,
  (SELECT COUNT(*) FROM inbox WHERE state = 'new') AS deliveries,
  (SELECT COUNT(*) FROM intent WHERE state IN ('open', 'unknown')) AS intents,
  (SELECT COUNT(*) FROM record WHERE kind = 'order') AS orders,
  (SELECT MAX(finished_at) FROM stream) AS read_at;

-- name: note_change
INSERT INTO schema_migration (name, applied_at) VALUES (:name, :now);

-- name: forget_kept
DELETE FROM kept WHERE name = :name;

-- name: rest_jobs
-- Whoever had them in hand when the backup was taken is gone, and did nothing wrong.
UPDATE job SET state = 'ready', run_at = :now, token = NULL, lease_until = NULL, since = :now
WHERE state = 'running' AND state <> 'done';

-- name: read_anew
-- What was read up to the backup proves nothing about now: stock is raised only once everything was read again. The
-- cursors stay, so what has changed since is read, and only that.
UPDATE stream SET run_at = :now, token = NULL, lease_until = NULL, covered_at = NULL;

-- name: forget_processes
DELETE FROM process;

-- name: forget_duties
DELETE FROM duty;

-- name: forget_allowances
DELETE FROM allowance;
