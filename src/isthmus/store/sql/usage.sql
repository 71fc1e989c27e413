-- What connections are asked, and what they allow.

-- name: add_use
INSERT INTO call_use (connection, counted, flow, span_at, growing, steady)
VALUES (:connection, :counted, :flow, :span_at, :growing, :steady)
ON CONFLICT (connection, counted, flow, span_at) DO UPDATE
SET growing = call_use.growing + excluded.growing, steady = call_use.steady + excluded.steady;

-- name: keep_limit
INSERT INTO call_limit (connection, counted, thousandths, seconds) VALUES (:connection, :counted, :thousandths, :seconds)
ON CONFLICT (connection, counted) DO UPDATE SET thousandths = excluded.thousandths, seconds = excluded.seconds;

-- name: uses
SELECT connection, counted, flow, span_at, growing, steady FROM call_use
WHERE span_at >= :since AND span_at < :until ORDER BY span_at;

-- name: limits
SELECT connection, counted, thousandths, seconds FROM call_limit ORDER BY connection, counted;

-- name: prune_uses
DELETE FROM call_use WHERE (connection, counted, flow, span_at) IN (
  SELECT connection, counted, flow, span_at FROM call_use WHERE span_at < :before ORDER BY span_at LIMIT 200
)
RETURNING span_at;
