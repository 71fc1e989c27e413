-- What the list pages show. Each statement reads one flow, newest first, from where the last page ended.

-- name: jobs_listed
-- By id, which never changes: a row does not jump between two pages while somebody turns them.
SELECT id, flow, subject, number, state, run_at, attempts, code, because, answers, marked_at, since FROM job
WHERE flow = :flow AND id < :before_id ORDER BY id DESC LIMIT :wish;

-- name: jobs_listed_done
SELECT id, flow, subject, number, state, run_at, attempts, code, because, answers, marked_at, since FROM job
WHERE flow = :flow AND state = 'done' AND id < :before_id ORDER BY id DESC LIMIT :wish;

-- name: jobs_listed_open
-- By the time the work arose, which is what the index of unfinished jobs is sorted by.
SELECT id, flow, subject, number, state, run_at, attempts, code, because, answers, marked_at, since FROM job
WHERE flow = :flow AND state = :state AND state <> 'done' AND (marked_at, id) < (:before_at, :before_id)
ORDER BY marked_at DESC, id DESC LIMIT :wish;

-- name: jobs_named
SELECT id, flow, subject, number, state, run_at, attempts, code, because, answers, marked_at, since FROM job
WHERE flow = :flow AND subject IN (:subjects...);

-- name: parked_codes
SELECT flow, code, COUNT(*) AS jobs, MIN(since) AS oldest FROM job
WHERE state = 'parked' GROUP BY flow, code ORDER BY jobs DESC, flow, code LIMIT 100;

-- name: parked_with_code
SELECT flow, subject, number, code, because, answers, since FROM job
WHERE state = 'parked' AND flow = :flow AND code = :code ORDER BY since, id LIMIT :wish;
