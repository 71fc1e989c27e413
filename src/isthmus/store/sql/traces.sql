-- Each try, and each request and answer of it (scrubbed before it gets here).

-- name: add_attempt
INSERT INTO attempt (id, flow, subject, started_at, finished_at, outcome, code, because, notes)
VALUES (:id, :flow, :subject, :started_at, :now, :outcome, :code, :because, :notes)
ON CONFLICT (id) DO NOTHING;

-- name: add_exchange
INSERT INTO exchange
  (attempt_id, connection, operation, started_at, elapsed_ms, status, failure, request, response)
VALUES
  (:attempt_id, :connection, :operation, :started_at, :elapsed_ms, :status, :failure, :request, :response);

-- name: attempts_of
SELECT * FROM attempt WHERE flow = :flow AND subject = :subject ORDER BY started_at DESC LIMIT 100;

-- name: exchanges_of
SELECT * FROM exchange WHERE attempt_id IN (:ids...) ORDER BY id;

-- name: add_audit
INSERT INTO audit (at, who, action, target, before, after, why)
VALUES (:now, :who, :action, :target, :before, :after, :why);

-- name: audit_trail
SELECT * FROM audit ORDER BY id DESC LIMIT :wish;
