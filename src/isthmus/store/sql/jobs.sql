-- Jobs: one row per flow and subject, saying that the destination may not match yet.

-- name: mark_job
-- Marking is cheap and may happen any number of times; while it runs it makes the job run again.
INSERT INTO job (flow, subject, number, state, run_at, marked_at, since)
VALUES (:flow, :subject, :number, 'ready', :now, :now, :now)
ON CONFLICT (flow, subject) DO UPDATE SET
  wanted = job.wanted + 1,
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
  WHERE flow = :flow AND state IN ('ready', 'snoozed') AND run_at <= :now
  ORDER BY run_at LIMIT :wish
)
RETURNING *;

-- name: claim_jobs [postgres]
-- The rows are locked first and changed by the outer statement; what they are about (the mirror)
-- is read by later statements, whose snapshot is newer than these locks.
UPDATE job SET
  state = 'running', taken = wanted, token = :token || '-' || id, lease_until = :lease_until,
  waits_for = NULL, since = :now
WHERE id IN (
  SELECT id FROM job
  WHERE flow = :flow AND state IN ('ready', 'snoozed') AND run_at <= :now
  ORDER BY run_at LIMIT :wish
  FOR UPDATE SKIP LOCKED
)
RETURNING *;

-- name: claim_job
-- One job by name, whenever it was due: a child pulls its parent.
UPDATE job SET
  state = 'running', taken = wanted, token = :token || '-' || id, lease_until = :lease_until,
  waits_for = NULL, since = :now
WHERE flow = :flow AND subject = :subject AND state IN ('ready', 'snoozed', 'parked')
RETURNING *;

-- name: extend_lease
UPDATE job SET lease_until = :lease_until WHERE id = :id AND token = :token AND state = 'running' RETURNING id;

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
UPDATE job SET
  state = CASE WHEN wanted > taken AND CAST(:state AS TEXT) <> 'snoozed' THEN 'ready' ELSE :state END,
  run_at = CASE WHEN wanted > taken AND :state <> 'snoozed' THEN CAST(:now AS BIGINT) ELSE CAST(:run_at AS BIGINT) END,
  attempts = :attempts, first_failed_at = :first_failed_at,
  token = NULL, lease_until = NULL, waits_for = :waits_for,
  code = :code, because = :because, answers = :answers,
  number = CASE WHEN CAST(:number AS TEXT) <> '' THEN :number ELSE number END,
  marked_at = CASE WHEN wanted > taken THEN CAST(:now AS BIGINT) ELSE marked_at END,
  since = :now,
  done_at = CASE WHEN :state = 'done' AND wanted = taken THEN CAST(:now AS BIGINT) ELSE NULL END
WHERE id = :id AND token = :token AND state = 'running'
RETURNING state;

-- name: wake_waiting
UPDATE job SET run_at = :now WHERE waits_for = :what AND state = 'snoozed';

-- name: wake_if_over
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

-- name: note_lost_workers
INSERT INTO attempt (id, flow, subject, started_at, finished_at, outcome, code, because)
SELECT token, flow, subject, since, :now, 'lost', 'worker_lost',
  'The worker stopped while this ran; the job was given to another one.'
FROM job WHERE state = 'running' AND lease_until < :before
ON CONFLICT (id) DO NOTHING;

-- name: release_jobs
UPDATE job SET state = 'ready', run_at = :now, token = NULL, lease_until = NULL, since = :now
WHERE state = 'running' AND lease_until < :before
RETURNING id;

-- name: job
SELECT * FROM job WHERE flow = :flow AND subject = :subject;

-- name: jobs_due
SELECT flow, COUNT(*) AS due, MIN(run_at) AS oldest FROM job
WHERE state IN ('ready', 'snoozed') AND run_at <= :now GROUP BY flow;

-- name: next_job_at
SELECT MIN(run_at) AS run_at FROM job WHERE state IN ('ready', 'snoozed');

-- name: open_jobs
SELECT COUNT(*) AS jobs FROM job WHERE state IN ('ready', 'running');

-- name: snoozed_jobs
SELECT code, because, COUNT(*) AS jobs, MIN(run_at) AS run_at FROM job WHERE state = 'snoozed' GROUP BY code, because;

-- name: parked_jobs
SELECT * FROM job WHERE state = 'parked' AND (CAST(:flow AS TEXT) = '' OR flow = :flow) ORDER BY since LIMIT :wish;

-- name: retry_jobs
UPDATE job SET state = 'ready', run_at = :now, attempts = 0, first_failed_at = NULL,
  code = '', because = '', answers = '[]', since = :now, waits_for = NULL
WHERE state IN ('parked', 'snoozed', 'done')
  AND (CAST(:flow AS TEXT) = '' OR flow = :flow)
  AND (CAST(:code AS TEXT) = '' OR code = :code)
  AND (CAST(:subject AS TEXT) = '' OR subject = :subject OR (number <> '' AND number = :number))
  AND (state = 'parked' OR CAST(:subject AS TEXT) <> '')
RETURNING flow, subject, number;

-- name: jobs_of_subject
SELECT * FROM job WHERE subject = :subject OR number = :subject ORDER BY flow;
