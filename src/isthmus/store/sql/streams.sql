-- Streams: what is read from whom, how far, and when again. A cursor moves with the data it covers.

-- name: declare_stream [wakes]
INSERT INTO stream (connection, kind, every_s, run_at) VALUES (:connection, :kind, :every_s, :now)
ON CONFLICT (connection, kind) DO UPDATE SET every_s = excluded.every_s;

-- name: claim_stream [sqlite]
UPDATE stream SET token = :token, lease_until = :lease_until, started_at = :now
WHERE (connection, kind) IN (
  SELECT connection, kind FROM stream
  WHERE run_at <= :now AND (lease_until IS NULL OR lease_until < :now)
    AND connection || '/' || kind IN (:mine...)
  ORDER BY run_at LIMIT 1
)
RETURNING *;

-- name: claim_stream [postgres]
UPDATE stream SET token = :token, lease_until = :lease_until, started_at = :now
WHERE (connection, kind) IN (
  SELECT connection, kind FROM stream
  WHERE run_at <= :now AND (lease_until IS NULL OR lease_until < :now)
    AND connection || '/' || kind IN (:mine...)
  ORDER BY run_at LIMIT 1
  FOR UPDATE SKIP LOCKED
)
RETURNING *;

-- name: extend_stream
UPDATE stream SET lease_until = :lease_until WHERE connection = :connection AND kind = :kind AND token = :token;

-- name: advance_stream
UPDATE stream SET cursor = :cursor, lease_until = :lease_until,
  read_count = read_count + :read_count, changed_count = changed_count + :changed_count
WHERE connection = :connection AND kind = :kind AND token = :token
RETURNING kind;

-- name: finish_stream
UPDATE stream SET run_at = :run_at, token = NULL, lease_until = NULL, finished_at = :now,
  covered_at = started_at, rounds = rounds + 1, failures = 0, code = '', because = ''
WHERE connection = :connection AND kind = :kind AND token = :token
RETURNING kind;

-- name: fail_stream
UPDATE stream SET run_at = :run_at, token = NULL, lease_until = NULL,
  failures = failures + :spends, code = :code, because = :because
WHERE connection = :connection AND kind = :kind AND token = :token
RETURNING kind;

-- name: release_stream [wakes]
UPDATE stream SET token = NULL, lease_until = NULL WHERE connection = :connection AND kind = :kind AND token = :token;

-- name: hasten_stream [wakes]
UPDATE stream SET run_at = :now WHERE connection = :connection AND kind = :kind AND run_at > :now RETURNING kind;

-- name: hasten_streams [wakes]
UPDATE stream SET run_at = :now WHERE run_at > :now RETURNING kind;

-- name: free_streams [wakes]
UPDATE stream SET token = NULL, lease_until = NULL WHERE token IS NOT NULL;

-- name: streams
SELECT * FROM stream ORDER BY connection, kind;

-- name: stream
SELECT * FROM stream WHERE connection = :connection AND kind = :kind;
