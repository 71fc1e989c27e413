-- What we were about to create. An intent that is open after a crash means: look first.

-- name: open_intent
INSERT INTO intent (id, flow, subject, connection, kind, key, reference, state, opened_at, settles_at)
VALUES (:id, :flow, :subject, :connection, :kind, :key, :reference, 'open', :now, :settles_at);

-- name: renew_intent
-- A further try under the same intent: what it does may land as late as the first one's.
UPDATE intent SET state = 'open', settles_at = :settles_at WHERE id = :id AND state IN ('open', 'unknown') RETURNING id;

-- name: doubt_intent
UPDATE intent SET state = 'unknown', settles_at = :settles_at, because = :because WHERE id = :id;

-- name: watch_intent
-- Sent again without knowing what became of the first try: this one made `external_id`, and a look will tell whether
-- the first one made something too.
UPDATE intent SET state = 'unknown', settles_at = :settles_at, external_id = :external_id, because = :because
WHERE id = :id;

-- name: answer_intents
-- A person said what became of them.
UPDATE intent SET state = :state, resolved_at = :now, external_id = :external_id, because = :because
WHERE connection = :connection AND kind = :kind AND key = :key AND state IN ('open', 'unknown');

-- name: leave_intent
-- A person wants nothing more to be done: the look that would end this intent is put off for good.
INSERT INTO intent (id, flow, subject, connection, kind, key, reference, state, opened_at, settles_at, because)
VALUES (:id, :flow, :subject, :connection, :kind, :key, :reference, 'unknown', :now, :settles_at, :because)
ON CONFLICT (connection, kind, key) WHERE state IN ('open', 'unknown') DO UPDATE SET
  state = 'unknown', settles_at = excluded.settles_at, because = excluded.because;

-- name: resolve_intent
UPDATE intent SET state = :state, resolved_at = :now, external_id = :external_id, because = :because WHERE id = :id;

-- name: intents_of
SELECT * FROM intent WHERE flow = :flow AND subject = :subject ORDER BY opened_at;

-- name: intents_in_doubt
-- The first condition names the index of what is in flight; the others are the question. What a person left as it is
-- (`leave_intent`) is none.
SELECT COUNT(*) AS intents FROM (
  SELECT 1 FROM intent
  WHERE state IN ('open', 'unknown') AND state = 'unknown' AND settles_at < 200000000000000000
  ORDER BY connection LIMIT :most
) AS counted;
