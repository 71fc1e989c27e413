-- What is on hold and why, and what a connection may still be asked.

-- name: holds
SELECT * FROM hold;

-- name: put_hold [wakes]
INSERT INTO hold (what, why, because, who, since, until) VALUES (:what, :why, :because, :who, :now, :until)
ON CONFLICT (what, why) DO UPDATE SET because = excluded.because, who = excluded.who, until = excluded.until;

-- name: drop_hold [wakes]
DELETE FROM hold WHERE what = :what AND why = :why RETURNING *;

-- name: drop_past_holds
DELETE FROM hold WHERE until IS NOT NULL AND until <= :now;

-- name: open_breaker [wakes]
-- The first to find out writes it down; everybody else finds it written.
INSERT INTO hold (what, why, code, because, who, since, began, run_at, flows)
VALUES (:what, 'down', :code, :because, '', :now, :began_at, :run_at, :flows)
ON CONFLICT (what, why) DO NOTHING
RETURNING what;

-- name: claim_canary
-- One at a time, whoever comes first.
UPDATE hold SET token = :token, lease_until = :lease_until
WHERE what = :what AND why = 'down' AND run_at <= :now AND (lease_until IS NULL OR lease_until < :now)
RETURNING *;

-- name: canary_failed
UPDATE hold SET run_at = :run_at, failures = failures + CAST(:spends AS INTEGER), code = :code, because = :because,
  token = NULL, lease_until = NULL
WHERE what = :what AND why = 'down' AND token = :token;

-- name: free_canaries
UPDATE hold SET token = NULL, lease_until = NULL WHERE why = 'down' AND token IS NOT NULL;

-- name: refund_jobs
-- What failed because the connection was down has failed for no fault of the record: the try is given back.
UPDATE job SET
  waits_for = :what,
  attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END,
  first_failed_at = CASE WHEN attempts > 1 THEN first_failed_at ELSE NULL END
WHERE state = 'snoozed' AND state <> 'done' AND waits_for IS NULL AND since >= :began_at AND flow IN (:flows...)
  AND code IN ('unreachable', 'in_doubt', 'transient');

-- name: wake_held [wakes]
-- Oldest promise first: they are due as of when they were marked.
UPDATE job SET run_at = CASE WHEN marked_at < :now THEN marked_at ELSE CAST(:now AS BIGINT) END
WHERE state = 'snoozed' AND waits_for = :what;

-- name: shift_horizon
-- The time nobody could be asked does not count against anybody.
UPDATE job SET first_failed_at = first_failed_at + :by
WHERE state = 'snoozed' AND state <> 'done' AND first_failed_at IS NOT NULL AND flow IN (:flows...);

-- name: hasten_connection [wakes]
UPDATE stream SET run_at = :now WHERE connection = :connection AND run_at > :now AND token IS NULL;

-- name: hasten_inbox [wakes]
UPDATE inbox SET run_at = :now WHERE connection = :connection AND state = 'new' AND run_at > :now AND token IS NULL;

-- name: allowance
SELECT version, state FROM allowance WHERE connection = :connection;

-- name: keep_allowance
INSERT INTO allowance (connection, version, state) VALUES (:connection, 1, :state)
ON CONFLICT (connection) DO UPDATE SET version = allowance.version + 1, state = excluded.state
WHERE allowance.version = :version
RETURNING version;
