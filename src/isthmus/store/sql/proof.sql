-- Reconciliation: runs, the two lists of each, what was found, and the chain it stands in.

-- name: ask_proof [wakes]
-- Asked for under a name of its own, so that two who ask for the same get one run.
INSERT INTO proof_run (flow, day, asked, who, asked_at, run_at) VALUES (:flow, :day, :asked, :who, :now, :now)
ON CONFLICT (asked) DO NOTHING;

-- name: proofs_asked
SELECT * FROM proof_run WHERE asked IN (:asked...) ORDER BY id;

-- name: proof_due
SELECT MIN(run_at) AS run_at FROM proof_run
WHERE state <> 'done' AND (lease_until IS NULL OR lease_until < :now);

-- name: claim_proof [sqlite]
UPDATE proof_run SET token = :token, lease_until = :lease_until, started_at = COALESCE(started_at, :now)
WHERE id IN (
  SELECT id FROM proof_run
  WHERE state <> 'done' AND run_at <= :now AND (lease_until IS NULL OR lease_until < :now)
  ORDER BY run_at, id LIMIT 1
)
RETURNING *;

-- name: claim_proof [postgres]
UPDATE proof_run SET token = :token, lease_until = :lease_until, started_at = COALESCE(started_at, :now)
WHERE id = ANY (ARRAY(
  SELECT id FROM proof_run
  WHERE state <> 'done' AND run_at <= :now AND (lease_until IS NULL OR lease_until < :now)
  ORDER BY run_at, id LIMIT 1
  FOR UPDATE SKIP LOCKED
))
RETURNING *;

-- name: extend_proof
UPDATE proof_run SET lease_until = :lease_until WHERE id = :id AND token = :token RETURNING id;

-- name: free_proofs
UPDATE proof_run SET token = NULL, lease_until = NULL WHERE state <> 'done' AND token IS NOT NULL;

-- name: list_proof_here
UPDATE proof_run SET here_cursor = :cursor, here_ended = :ended, listed = listed + :entries
WHERE id = :id AND token = :token
RETURNING id;

-- name: list_proof_there
UPDATE proof_run SET there_cursor = :cursor, there_ended = :ended, listed = listed + :entries
WHERE id = :id AND token = :token
RETURNING id;

-- name: keep_listed
-- A record that moved while its list was read is listed twice: the later reading counts.
INSERT INTO proof_listed (run, key, side, external_id, unit, amount, body)
VALUES (:run, :key, :side, :external_id, :unit, :amount, :body)
ON CONFLICT (run, key, side, external_id) DO UPDATE SET
  unit = excluded.unit, amount = excluded.amount, body = excluded.body;

-- name: listed_keys
SELECT DISTINCT key FROM proof_listed WHERE run = :run AND key > :after ORDER BY key LIMIT :wish;

-- name: listed_entries
SELECT key, side, external_id, unit, amount, body FROM proof_listed
WHERE run = :run AND key IN (:keys...) ORDER BY key, side, external_id;

-- name: drop_listed
DELETE FROM proof_listed WHERE run = :run AND key > :after AND key <= :last;

-- name: advance_proof
UPDATE proof_run SET state = 'comparing', last_key = :last, summary = :summary WHERE id = :id AND token = :token
RETURNING id;

-- name: finish_proof [wakes]
UPDATE proof_run SET state = 'done', finished_at = :now, token = NULL, lease_until = NULL, code = '', because = '',
  summary = :summary
WHERE id = :id AND token = :token
RETURNING id;

-- name: postpone_proof
UPDATE proof_run SET token = NULL, lease_until = NULL, run_at = :run_at, failures = failures + :spends,
  code = :code, because = :because
WHERE id = :id AND token = :token
RETURNING id;

-- name: proof_head
SELECT links, digest FROM proof_head WHERE name = 'rows';

-- name: move_proof_head
-- The chain has one end: who adds to another than the one he saw adds nothing.
INSERT INTO proof_head (name, links, digest) VALUES ('rows', :links, :digest)
ON CONFLICT (name) DO UPDATE SET links = excluded.links, digest = excluded.digest
WHERE proof_head.digest = :previous
RETURNING links;

-- name: proof_anchor
-- What the chain begins behind, once its oldest rows have gone.
SELECT links, digest FROM proof_head WHERE name = 'anchor';

-- name: move_proof_anchor
-- The chain can only lose its beginning: the oldest rows, up to the first whose run is not over or not old enough.
-- About the numbers 200, see upkeep.sql.
INSERT INTO proof_head (name, links, digest)
SELECT 'anchor', id, digest FROM proof_row WHERE id = (
  SELECT MAX(id) FROM (SELECT id FROM proof_row ORDER BY id LIMIT 200) AS oldest
  WHERE id < COALESCE((
    SELECT MIN(kept.id) FROM (SELECT id, run FROM proof_row ORDER BY id LIMIT 200) AS kept
    LEFT JOIN proof_run ON proof_run.id = kept.run AND proof_run.state = 'done' AND proof_run.finished_at < :before
    WHERE proof_run.id IS NULL
  ), 9223372036854775807)
)
ON CONFLICT (name) DO UPDATE SET links = excluded.links, digest = excluded.digest
WHERE proof_head.links < excluded.links
RETURNING links;

-- name: prune_proof_rows
DELETE FROM proof_row WHERE id <= (SELECT links FROM proof_head WHERE name = 'anchor') RETURNING id;

-- name: add_proof_row
INSERT INTO proof_row
  (id, run, flow, day, verdict, finding, code, because, subject, number, fields, evidence, at, previous, digest)
VALUES
  (:id, :run, :flow, :day, :verdict, :finding, :code, :because, :subject, :number, :fields, :evidence, :now, :previous, :digest);

-- name: proof_rows
SELECT * FROM proof_row WHERE run = :run AND verdict = :verdict AND id > :after ORDER BY id LIMIT :wish;

-- name: proof_chain
SELECT * FROM proof_row WHERE id > :after ORDER BY id LIMIT :wish;

-- name: proof_range
SELECT MIN(id) AS first, MAX(id) AS last FROM proof_row WHERE day >= :first AND day <= :last;

-- name: proof_row
SELECT * FROM proof_row WHERE id = :id;

-- name: newest_proofs
-- The last finished run of each flow and day counts; the ones before it are history.
SELECT * FROM proof_run WHERE id IN (
  SELECT MAX(id) FROM proof_run WHERE state = 'done' AND day >= :first AND day <= :last GROUP BY flow, day
)
ORDER BY day DESC, flow;

-- name: first_proof
SELECT MIN(day) AS day FROM proof_run WHERE state = 'done';

-- name: unfinished_proofs
SELECT * FROM proof_run WHERE state <> 'done' ORDER BY run_at, id LIMIT 100;

-- name: proof_run
SELECT * FROM proof_run WHERE id = :id;

-- name: accept_proof
INSERT INTO proof_accepted (flow, subject, sight, who, because, at)
VALUES (:flow, :subject, :sight, :who, :because, :now)
ON CONFLICT (flow, subject, sight) DO NOTHING;

-- name: accepted_proofs
SELECT subject, sight, who, because, at FROM proof_accepted WHERE flow = :flow AND subject IN (:subjects...);

-- name: jobs_of
SELECT subject, number, state, code, because, marked_at, run_at FROM job WHERE flow = :flow AND subject IN (:subjects...);

-- name: intents_unanswered
SELECT key, settles_at FROM intent
WHERE connection = :connection AND kind = :kind AND key IN (:keys...) AND state IN ('open', 'unknown');

-- name: unbind
-- The other system lost what it held: what we know of that is no longer so. About `|| ''` see bindings.sql.
DELETE FROM binding WHERE connection || '' = :there AND kind = :kind AND external_id <> '' AND entity IN (
  SELECT entity FROM binding WHERE connection = :here AND kind = :kind AND external_id = :external_id
);

-- name: lose_binding
-- The other system's own list lacks what it said it holds: whether somebody removed it on purpose is to be asked.
UPDATE binding SET state = 'lost' WHERE connection = :there AND kind = :kind AND entity IN (
  SELECT entity FROM binding WHERE connection = :here AND kind = :kind AND external_id = :external_id
);

-- name: loosen_binding
-- Both sides were agreed on something that is not so any more: the next run compares and writes.
UPDATE binding SET fingerprint = '' WHERE kind = :kind AND entity IN (
  SELECT entity FROM binding WHERE connection = :here AND kind = :kind AND external_id = :external_id
);

-- name: pulses
SELECT * FROM pulse ORDER BY flow;

-- name: keep_pulse
INSERT INTO pulse (flow, looked_at, until, listed, unheard, unread, stuck, newest, newest_at, code, because, since)
VALUES (:flow, :now, :until, :listed, :unheard, :unread, :stuck, :newest, :newest_at, :code, :because, :now)
ON CONFLICT (flow) DO UPDATE SET
  looked_at = excluded.looked_at, until = excluded.until, listed = excluded.listed, unheard = excluded.unheard,
  unread = excluded.unread, stuck = excluded.stuck,
  newest = CASE WHEN excluded.newest <> '' THEN excluded.newest ELSE pulse.newest END,
  newest_at = COALESCE(excluded.newest_at, pulse.newest_at),
  since = CASE WHEN pulse.code = excluded.code THEN pulse.since ELSE excluded.since END,
  code = excluded.code, because = excluded.because;

-- name: told_of
SELECT DISTINCT external_id FROM inbox
WHERE connection = :connection AND kind = :kind AND external_id IN (:ids...);
