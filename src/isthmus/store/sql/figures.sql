-- What the first page and `status` show.

-- name: flow_figures
SELECT flow, state, COUNT(*) AS jobs, MIN(marked_at) AS oldest FROM job WHERE state <> 'done' GROUP BY flow, state;

-- name: flow_done
SELECT flow, COUNT(*) AS jobs, MAX(done_at) AS newest FROM job
WHERE state = 'done' AND done_at >= :since GROUP BY flow;

-- name: parked_causes
SELECT flow, code, because, COUNT(*) AS jobs, MIN(since) AS oldest FROM job
WHERE state = 'parked' GROUP BY flow, code, because ORDER BY jobs DESC LIMIT 50;

-- name: recent_jobs
SELECT flow, subject, number, state, code, because, since FROM job
WHERE flow = :flow AND (CAST(:state AS TEXT) = '' OR state = :state)
ORDER BY since DESC LIMIT :wish;

-- name: flow_progress
SELECT COUNT(*) AS jobs, SUM(CASE WHEN state IN ('done', 'parked') THEN 1 ELSE 0 END) AS done FROM job WHERE flow = :flow;
