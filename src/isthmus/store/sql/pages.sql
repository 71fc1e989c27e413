-- What the list pages show. Each statement reads one flow, newest first, from where the last page ended.

-- name: jobs_listed
-- By id, which never changes: a row does not jump between two pages while somebody turns them. Asked for as a range of
-- (flow, id), since a planner that sees one flow and an order of ids may go through all flows' ids instead.
SELECT id, flow, subject, number, state, run_at, attempts, code, because, answers, marked_at, since FROM job
WHERE (flow, id) < (:flow, :before_id) AND flow >= :flow ORDER BY flow DESC, id DESC LIMIT :wish;

-- name: jobs_listed_done
-- By when it was done, which is what the index of finished jobs is sorted by.
SELECT id, flow, subject, number, state, run_at, attempts, code, because, answers, marked_at, since, done_at FROM job
WHERE flow = :flow AND state = 'done' AND (done_at, id) < (:before_at, :before_id)
ORDER BY done_at DESC, id DESC LIMIT :wish;

-- name: jobs_listed_open
-- By the time the work arose, which is what the index of unfinished jobs is sorted by.
SELECT id, flow, subject, number, state, run_at, attempts, code, because, answers, marked_at, since FROM job
WHERE flow = :flow AND state = :state AND state <> 'done' AND (marked_at, id) < (:before_at, :before_id)
ORDER BY marked_at DESC, id DESC LIMIT :wish;

-- name: jobs_named
SELECT id, flow, subject, number, state, run_at, attempts, code, because, answers, marked_at, since FROM job
WHERE flow = :flow AND subject IN (:subjects...);

-- name: parked_with_code
SELECT flow, subject, number, code, because, answers, since, waits_for FROM job
WHERE state = 'parked' AND flow = :flow AND code = :code ORDER BY since, id LIMIT :wish;
