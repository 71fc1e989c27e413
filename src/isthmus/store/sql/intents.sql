-- What we were about to create. An intent that is open after a crash means: look first.

-- name: open_intent
INSERT INTO intent (id, flow, subject, connection, kind, key, reference, state, opened_at, settles_at)
VALUES (:id, :flow, :subject, :connection, :kind, :key, :reference, 'open', :now, :settles_at);

-- name: intent_in_flight
SELECT * FROM intent WHERE connection = :connection AND kind = :kind AND key = :key AND state IN ('open', 'unknown');

-- name: renew_intent
-- A further try under the same intent: what it does may land as late as the first one's.
UPDATE intent SET state = 'open', settles_at = :settles_at WHERE id = :id AND state IN ('open', 'unknown') RETURNING id;

-- name: doubt_intent
UPDATE intent SET state = 'unknown', settles_at = :settles_at, because = :because WHERE id = :id;

-- name: resolve_intent
UPDATE intent SET state = :state, resolved_at = :now, external_id = :external_id, because = :because WHERE id = :id;

-- name: intents_of
SELECT * FROM intent WHERE flow = :flow AND subject = :subject ORDER BY opened_at;

-- name: intents_in_doubt
SELECT connection, COUNT(*) AS intents FROM intent WHERE state = 'unknown' GROUP BY connection;
