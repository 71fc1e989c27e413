-- Jobs: one row per flow and subject, saying that the destination may not match yet.

-- name: mark_job [wakes]
-- Marking is cheap and may happen any number of times; while it runs it makes the job run again.
INSERT INTO job (flow, subject, number, state, run_at, marked_at, since, lane)
VALUES (:flow, :subject, :number, 'ready', :now, :now, :now, :lane)
ON CONFLICT (flow, subject) DO UPDATE SET
  wanted = job.wanted + 1,
  lane = CASE
    WHEN job.state IN ('done', 'parked') OR (excluded.lane < job.lane AND job.lost < 2) THEN excluded.lane
    ELSE job.lane
  END,
  number = CASE WHEN excluded.number <> '' THEN excluded.number ELSE job.number END,
  state = CASE WHEN job.state IN ('done', 'parked') THEN 'ready' ELSE job.state END,
  run_at = CASE WHEN job.state IN ('done', 'parked') THEN excluded.run_at ELSE job.run_at END,
  marked_at = CASE WHEN job.state = 'done' THEN excluded.marked_at ELSE job.marked_at END,
  since = CASE WHEN job.state IN ('done', 'parked') THEN excluded.since ELSE job.since END,
  attempts = CASE WHEN job.state IN ('done', 'parked') THEN 0 ELSE job.attempts END,
  first_failed_at = CASE WHEN job.state IN ('done', 'parked') THEN NULL ELSE job.first_failed_at END,
  code = CASE WHEN job.state IN ('done', 'parked') THEN '' ELSE job.code END,
  because = CASE WHEN job.state IN ('done', 'parked') THEN '' ELSE job.because END,
  answers = CASE WHEN job.state IN ('done', 'parked') THEN '[]' ELSE job.answers END,
  lost = CASE WHEN job.state IN ('done', 'parked') THEN 0 ELSE job.lost END,
  done_at = NULL;

-- name: park_unreadable
-- A record that cannot be understood is a question of its own and holds nothing else up.
INSERT INTO job (flow, subject, number, state, run_at, marked_at, since, code, because, answers)
VALUES (:flow, :subject, :number, 'parked', :now, :now, :now, :code, :because, :answers)
ON CONFLICT (flow, subject) DO UPDATE SET
  state = 'parked', since = excluded.since, code = excluded.code, because = excluded.because,
  answers = excluded.answers, done_at = NULL
WHERE job.state <> 'running' AND (job.state <> 'parked' OR job.because <> excluded.because);

-- name: claim_jobs [sqlite]
UPDATE job SET
  state = 'running', taken = wanted, token = :token || '-' || id, lease_until = :lease_until,
  waits_for = NULL, since = :now
WHERE id IN (
  SELECT id FROM job
  WHERE flow = :flow AND lane = :lane AND state IN ('ready', 'snoozed') AND run_at <= :now
  ORDER BY run_at LIMIT :wish
)
RETURNING *;

-- name: claim_jobs [postgres]
-- The rows are locked first and changed by the outer statement; what they are about (the mirror)
-- is read by later statements, whose snapshot is newer than these locks. An array is looked up by id, whatever the
-- planner thinks of :wish; `IN` is joined, and with a long queue that may read the whole table.
UPDATE job SET
  state = 'running', taken = wanted, token = :token || '-' || id, lease_until = :lease_until,
  waits_for = NULL, since = :now
WHERE id = ANY (ARRAY(
  SELECT id FROM job
  WHERE flow = :flow AND lane = :lane AND state IN ('ready', 'snoozed') AND run_at <= :now
  ORDER BY run_at LIMIT :wish
  FOR UPDATE SKIP LOCKED
))
RETURNING *;

-- name: claim_job
-- One job by name, whenever it was due: a child pulls its parent.
UPDATE job SET
  state = 'running', taken = wanted, token = :token || '-' || id, lease_until = :lease_until,
  waits_for = NULL, since = :now
WHERE flow = :flow AND subject = :subject AND state IN ('ready', 'snoozed', 'parked')
RETURNING *;

-- name: extend_leases [sqlite]
UPDATE job SET lease_until = :lease_until
WHERE flow IN (:flows...) AND subject IN (:subjects...) AND token IN (:tokens...) AND state = 'running'
RETURNING token;

-- name: extend_leases [postgres]
-- Locked in the order in which jobs are marked, or the two would wait for each other.
UPDATE job SET lease_until = :lease_until
WHERE id IN (
  SELECT id FROM job
  WHERE flow IN (:flows...) AND subject IN (:subjects...) AND token IN (:tokens...) AND state = 'running'
  ORDER BY flow COLLATE "C", subject COLLATE "C" FOR UPDATE
)
RETURNING token;

-- name: give_back
-- Not finished, and nobody's fault: whoever comes next goes on.
UPDATE job SET state = 'ready', run_at = :now, token = NULL, lease_until = NULL, since = :now
WHERE id = :id AND token = :token AND state = 'running';

-- name: hold_job
-- First step of every unit a running job writes: without the lease nothing of it is kept.
UPDATE job SET lease_until = :lease_until WHERE id = :id AND token = :token AND state = 'running' RETURNING id;

-- name: held_jobs [sqlite]
-- First step of what a batch of jobs writes: none of them may have gone to another worker.
SELECT id FROM job
WHERE flow = :flow AND subject IN (:subjects...) AND token IN (:tokens...) AND state = 'running';

-- name: held_jobs [postgres]
SELECT id FROM job
WHERE flow = :flow AND subject IN (:subjects...) AND token IN (:tokens...) AND state = 'running'
ORDER BY id FOR UPDATE;

-- name: finish_job
-- It wakes nobody, though it may leave the job ready: the process that writes it has just come free for it.
UPDATE job SET
  state = CASE WHEN wanted > taken AND CAST(:state AS TEXT) <> 'snoozed' THEN 'ready' ELSE :state END,
  run_at = CASE WHEN wanted > taken AND :state <> 'snoozed' THEN CAST(:now AS BIGINT) ELSE CAST(:run_at AS BIGINT) END,
  attempts = :attempts, first_failed_at = :first_failed_at,
  lost = 0, lane = CASE WHEN lost >= 2 THEN 1 ELSE lane END,
  token = NULL, lease_until = NULL, waits_for = :waits_for,
  code = :code, because = :because, answers = :answers,
  number = CASE WHEN CAST(:number AS TEXT) <> '' THEN :number ELSE number END,
  marked_at = CASE WHEN wanted > taken THEN CAST(:now AS BIGINT) ELSE marked_at END,
  since = :now,
  done_at = CASE WHEN :state = 'done' AND wanted = taken THEN CAST(:now AS BIGINT) ELSE NULL END
WHERE id = :id AND token = :token AND state = 'running'
RETURNING state;

-- name: wake_waiting [wakes]
UPDATE job SET run_at = :now WHERE waits_for = :what AND state = 'snoozed' RETURNING id;

-- name: wake_if_over [wakes]
-- What a job waits for may have happened between its decision to wait and the commit that says so.
UPDATE job SET run_at = :now
WHERE waits_for = :what AND state = 'snoozed' AND run_at > :now AND (
  EXISTS (
    SELECT 1 FROM stream
    WHERE stream.connection = :stream_connection AND stream.kind = :stream_kind AND stream.rounds > :rounds
  )
  OR EXISTS (
    SELECT 1 FROM job AS other
    WHERE other.flow = :other_flow AND other.subject = :other_subject AND other.state IN ('done', 'parked')
  )
)
RETURNING id;

-- name: note_lost_workers [sqlite]
INSERT INTO attempt (id, flow, subject, started_at, finished_at, outcome, code, because)
SELECT token, flow, subject, since, :now, 'lost', 'worker_lost',
  'The worker stopped while this ran; the job was given to another one.'
FROM job WHERE state = 'running' AND state <> 'done' AND lease_until < :before
ON CONFLICT (id) DO NOTHING;

-- name: note_lost_workers [postgres]
-- Locked until they are released in the same unit: a worker that finishes between the two was not lost.
INSERT INTO attempt (id, flow, subject, started_at, finished_at, outcome, code, because)
SELECT token, flow, subject, since, :now, 'lost', 'worker_lost',
  'The worker stopped while this ran; the job was given to another one.'
FROM job WHERE state = 'running' AND state <> 'done' AND lease_until < :before ORDER BY id FOR UPDATE SKIP LOCKED
ON CONFLICT (id) DO NOTHING;

-- name: release_jobs [sqlite] [wakes]
-- Whose worker is gone. What was lost twice in a row is a suspect and runs alone; lost too often, it is a question.
UPDATE job SET
  state = CASE WHEN lost + 1 >= :most THEN 'parked' ELSE 'ready' END,
  code = CASE WHEN lost + 1 >= :most THEN 'worker_lost' ELSE code END,
  because = CASE WHEN lost + 1 >= :most THEN :because ELSE because END,
  answers = CASE WHEN lost + 1 >= :most THEN :answers ELSE answers END,
  lost = lost + 1, lane = CASE WHEN lost >= 1 THEN 2 ELSE lane END,
  run_at = :now, token = NULL, lease_until = NULL, since = :now
WHERE state = 'running' AND state <> 'done' AND lease_until < :before
RETURNING id;

-- name: release_jobs [postgres] [wakes]
-- A row that is locked is being finished, or its worker was cut off in a commit: it must not hold up all the others.
UPDATE job SET
  state = CASE WHEN lost + 1 >= :most THEN 'parked' ELSE 'ready' END,
  code = CASE WHEN lost + 1 >= :most THEN 'worker_lost' ELSE code END,
  because = CASE WHEN lost + 1 >= :most THEN :because ELSE because END,
  answers = CASE WHEN lost + 1 >= :most THEN :answers ELSE answers END,
  lost = lost + 1, lane = CASE WHEN lost >= 1 THEN 2 ELSE lane END,
  run_at = :now, token = NULL, lease_until = NULL, since = :now
WHERE id IN (
  SELECT id FROM job WHERE state = 'running' AND state <> 'done' AND lease_until < :before
  ORDER BY id FOR UPDATE SKIP LOCKED
)
RETURNING id;

-- name: job
SELECT * FROM job WHERE flow = :flow AND subject = :subject;

-- name: jobs_due
-- When each flow's next job is due, by one step of the index for each lane: asked before every claim.
WITH mine (flow) AS (:flows...), turn (lane) AS (VALUES (0), (1), (2))
SELECT flow, lane, (
  SELECT MIN(run_at) FROM job
  WHERE job.flow = mine.flow AND job.lane = turn.lane AND state IN ('ready', 'snoozed')
) AS run_at
FROM mine, turn;

-- name: snoozed_job
-- Whether anything is still to be tried again by itself.
SELECT id FROM job WHERE state = 'snoozed' AND state <> 'done' ORDER BY flow, marked_at LIMIT 1;

-- name: snoozed_for
-- What waits in a flow for one reason, the longest first.
SELECT number, subject, marked_at FROM job
WHERE state = 'snoozed' AND state <> 'done' AND flow = :flow AND code = :code ORDER BY marked_at LIMIT :most;

-- name: running_job
-- Whether anything is in somebody's hands, alive or not.
SELECT id FROM job WHERE state = 'running' AND state <> 'done' ORDER BY flow, marked_at LIMIT 1;

-- name: dead_jobs
-- Those in the hands of workers that are gone: they are due as soon as somebody takes them back.
WITH mine (flow) AS (:flows...)
SELECT flow, (SELECT COUNT(*) FROM (
  SELECT 1 FROM job
  WHERE job.flow = mine.flow AND state = 'running' AND state <> 'done' AND lease_until < :before
  ORDER BY marked_at LIMIT :most
) AS counted) AS jobs
FROM mine;

-- name: parked_jobs
SELECT * FROM job WHERE state = 'parked' AND (CAST(:flow AS TEXT) = '' OR flow = :flow) ORDER BY since LIMIT :wish;

-- name: retry_jobs [wakes]
-- The three ways in have an index each; the conditions are asked of the row itself once it is held.
-- What was not understood keeps its code: the mirror may hold an older reading of it, or none, so it is read again.
UPDATE job SET state = 'ready', run_at = :now, attempts = 0, first_failed_at = NULL, lost = 0,
  code = CASE WHEN code IN ('wire_drift', 'contract_broken') THEN code ELSE '' END,
  because = '', answers = '[]', since = :now, waits_for = NULL
WHERE id IN (
  SELECT id FROM job
  WHERE CAST(:subject AS TEXT) <> '' AND flow IN (SELECT flow FROM job_flow) AND subject = :subject
  UNION
  SELECT id FROM job WHERE CAST(:subject AS TEXT) <> '' AND number <> '' AND number = :number
  UNION
  SELECT id FROM job WHERE CAST(:subject AS TEXT) = '' AND state = 'parked'
)
  AND state IN ('parked', 'snoozed', 'done')
  AND (CAST(:flow AS TEXT) = '' OR flow = :flow)
  AND (CAST(:code AS TEXT) = '' OR code = :code)
  AND (state = 'parked' OR CAST(:subject AS TEXT) <> '')
RETURNING flow, subject, number;

-- name: jobs_of_subject
SELECT * FROM job WHERE id IN (
  SELECT id FROM job WHERE flow IN (SELECT flow FROM job_flow) AND subject = :subject
  UNION
  SELECT id FROM job WHERE number = :subject
) ORDER BY flow;
