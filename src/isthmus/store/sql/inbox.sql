-- Deliveries as they came; a 2xx to the sender means its row is on disk.

-- name: take_delivery
INSERT INTO inbox (connection, delivery_id, topic, body, kind, external_id, received_at, run_at)
VALUES (:connection, :delivery_id, :topic, :body, :kind, :external_id, :now, :now)
ON CONFLICT (connection, delivery_id) DO NOTHING;

-- name: claim_inbox [sqlite]
UPDATE inbox SET token = :token, run_at = :lease_until
WHERE id IN (
  SELECT id FROM inbox WHERE state = 'new' AND run_at <= :now ORDER BY run_at, id LIMIT :wish
)
RETURNING id, connection, topic, body, received_at, attempts;

-- name: claim_inbox [postgres]
UPDATE inbox SET token = :token, run_at = :lease_until
WHERE id IN (
  SELECT id FROM inbox WHERE state = 'new' AND run_at <= :now ORDER BY run_at, id LIMIT :wish
  FOR UPDATE SKIP LOCKED
)
RETURNING id, connection, topic, body, received_at, attempts;

-- name: finish_delivery
-- The body has done its work: the record it pointed at is in the mirror.
UPDATE inbox SET state = 'done', done_at = :now, token = NULL, because = :because
WHERE id = :id AND token = :token;

-- name: postpone_delivery
UPDATE inbox SET run_at = :run_at, attempts = attempts + 1, token = NULL, because = :because
WHERE id = :id AND token = :token;

-- name: free_inbox
UPDATE inbox SET run_at = :now, token = NULL WHERE state = 'new' AND token IS NOT NULL;

-- name: inbox_due
-- Answered from the index alone, however long the queue is: asked before every claim.
SELECT MIN(run_at) AS run_at FROM inbox WHERE state = 'new';

-- name: inbox_waiting
SELECT COUNT(*) AS deliveries, MIN(received_at) AS oldest, MIN(run_at) AS run_at FROM inbox WHERE state = 'new';

-- name: deliveries_of
SELECT id, topic, delivery_id, received_at, state, because, done_at FROM inbox
WHERE connection = :connection AND kind = :kind AND external_id = :external_id ORDER BY id LIMIT 200;

-- name: newest_delivery
SELECT connection, MAX(received_at) AS received_at FROM inbox GROUP BY connection;
