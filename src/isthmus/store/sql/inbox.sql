-- Deliveries as they came; a 2xx to the sender means its row is on disk.

-- name: take_delivery [wakes]
INSERT INTO inbox (connection, delivery_id, topic, body, kind, external_id, received_at, run_at)
VALUES (:connection, :delivery_id, :topic, :body, :kind, :external_id, :now, :now)
ON CONFLICT (connection, delivery_id) DO NOTHING;

-- name: take_deliveries [sqlite] [wakes]
-- Many at once in one step: the bodies stand one after the other, the list says where each begins.
INSERT INTO inbox (connection, delivery_id, topic, body, kind, external_id, received_at, run_at)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
  COALESCE(substr(:bodies, json_extract(value, '$[6]'), json_extract(value, '$[7]')), x''),
  json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'), json_extract(value, '$[5]')
FROM json_each(:deliveries) WHERE TRUE
ON CONFLICT (connection, delivery_id) DO NOTHING;

-- name: take_deliveries [postgres] [wakes]
INSERT INTO inbox (connection, delivery_id, topic, body, kind, external_id, received_at, run_at)
SELECT each ->> 0, each ->> 1, each ->> 2,
  substr(CAST(:bodies AS bytea), CAST(each ->> 6 AS integer), CAST(each ->> 7 AS integer)),
  each ->> 3, each ->> 4, CAST(each ->> 5 AS bigint), CAST(each ->> 5 AS bigint)
FROM json_array_elements(CAST(:deliveries AS json)) AS each
ON CONFLICT (connection, delivery_id) DO NOTHING;

-- name: claim_inbox [sqlite]
UPDATE inbox SET token = :token, run_at = :lease_until
WHERE id IN (
  SELECT id FROM inbox WHERE state = 'new' AND run_at <= :now ORDER BY run_at, id LIMIT :wish
)
RETURNING id, connection, topic, body, received_at, attempts;

-- name: claim_inbox [postgres]
UPDATE inbox SET token = :token, run_at = :lease_until
WHERE id = ANY (ARRAY(
  SELECT id FROM inbox WHERE state = 'new' AND run_at <= :now ORDER BY run_at, id LIMIT :wish
  FOR UPDATE SKIP LOCKED
))
RETURNING id, connection, topic, body, received_at, attempts;

-- name: finish_delivery
-- The body has done its work: the record it pointed at is in the mirror.
UPDATE inbox SET state = 'done', done_at = :now, token = NULL, because = :because
WHERE id = :id AND token = :token;

-- name: postpone_delivery
UPDATE inbox SET run_at = :run_at, attempts = attempts + CAST(:spends AS INTEGER), token = NULL, because = :because
WHERE id = :id AND token = :token;

-- name: free_inbox [wakes]
UPDATE inbox SET run_at = :now, token = NULL WHERE state = 'new' AND token IS NOT NULL;

-- name: inbox_due
-- Answered from the index alone, however long the queue is: asked before every claim.
SELECT MIN(run_at) AS run_at FROM inbox WHERE state = 'new';

-- name: inbox_waiting
-- All of them, one by one: for a test of what was kept.
SELECT COUNT(*) AS deliveries, MIN(received_at) AS oldest, MIN(run_at) AS run_at FROM inbox WHERE state = 'new';

-- name: inbox_figures
SELECT COUNT(*) AS deliveries, (SELECT MIN(run_at) FROM inbox WHERE state = 'new') AS run_at
FROM (SELECT 1 FROM inbox WHERE state = 'new' ORDER BY run_at LIMIT :most) AS counted;

-- name: database_file [sqlite]
SELECT file FROM pragma_database_list WHERE name = 'main';

-- name: database_file [postgres]
-- Empty: the server looks after its own disk and says when it is full.
SELECT '' AS file;

-- name: deliveries_of
SELECT id, topic, delivery_id, received_at, state, because, done_at FROM inbox
WHERE connection = :connection AND kind = :kind AND external_id = :external_id ORDER BY id DESC LIMIT 200;

-- name: newest_delivery
SELECT name AS connection, (
  SELECT MAX(received_at) FROM inbox WHERE inbox.connection = connection.name
) AS received_at FROM connection;
