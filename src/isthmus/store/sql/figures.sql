-- What the first page and `status` show, every few seconds: each is a walk along one index, and counting ends at :most.
-- What is counted is counted in the order of its index. Without it, a planner that knows of many such rows may read the
-- table from its beginning, where the oldest finished jobs are, in the hope of meeting enough of them soon.

-- name: flow_figures
WITH mine (flow) AS (:flows...),
open_state (state) AS (SELECT 'ready' UNION ALL SELECT 'running' UNION ALL SELECT 'snoozed' UNION ALL SELECT 'parked')
SELECT flow, state,
  (SELECT COUNT(*) FROM (
    SELECT 1 FROM job WHERE job.state = open_state.state AND job.state <> 'done' AND job.flow = mine.flow
    ORDER BY marked_at LIMIT :most
  ) AS counted) AS jobs,
  (
    SELECT MIN(marked_at) FROM job
    WHERE job.state = open_state.state AND job.state <> 'done' AND job.flow = mine.flow
  ) AS oldest
FROM mine CROSS JOIN open_state;

-- name: flow_done
WITH mine (flow) AS (:flows...)
SELECT flow,
  (SELECT COUNT(*) FROM (
    SELECT 1 FROM job WHERE job.flow = mine.flow AND state = 'done' AND done_at >= :since
    ORDER BY done_at LIMIT :most
  ) AS counted) AS jobs,
  (SELECT MAX(done_at) FROM job WHERE job.flow = mine.flow AND state = 'done') AS newest
FROM mine;

-- name: jobs_waiting
-- How many are due, for those who watch a queue being worked off.
WITH mine (flow) AS (:flows...), turn (lane) AS (VALUES (0), (1), (2))
SELECT flow, lane, (SELECT COUNT(*) FROM (
  SELECT 1 FROM job
  WHERE job.flow = mine.flow AND job.lane = turn.lane AND state IN ('ready', 'snoozed') AND run_at <= :now
  ORDER BY run_at LIMIT :most
) AS counted) AS jobs
FROM mine, turn;

-- name: parked_codes
-- From one cause to the next by a step of the index, however many ask the same.
WITH RECURSIVE asked (flow, code) AS (
  SELECT flow, (SELECT MIN(code) FROM job WHERE job.flow = job_flow.flow AND state = 'parked') FROM job_flow
  UNION ALL
  SELECT flow, (
    SELECT MIN(job.code) FROM job WHERE job.flow = asked.flow AND state = 'parked' AND job.code > asked.code
  )
  FROM asked WHERE asked.code IS NOT NULL
)
SELECT flow, code,
  (SELECT COUNT(*) FROM (
    SELECT 1 FROM job WHERE job.flow = asked.flow AND job.code = asked.code AND state = 'parked'
    ORDER BY since LIMIT :most
  ) AS counted) AS jobs,
  (SELECT MIN(since) FROM job WHERE job.flow = asked.flow AND job.code = asked.code AND state = 'parked') AS oldest,
  (
    SELECT because FROM job WHERE job.flow = asked.flow AND job.code = asked.code AND state = 'parked'
    ORDER BY since LIMIT 1
  ) AS because
FROM asked WHERE code IS NOT NULL ORDER BY jobs DESC, flow, code LIMIT 100;

-- name: flow_progress
SELECT COUNT(*) AS jobs, SUM(CASE WHEN state IN ('done', 'parked') THEN 1 ELSE 0 END) AS done FROM job WHERE flow = :flow;
