-- A shop's past, in bulk. `numbers(i)` is :first ... :last in both databases; everything follows from i.
-- :history rows lie evenly over the 89 days before :midnight, the rest of :jobs between then and :now.

-- name: jobs
INSERT INTO job (flow, subject, number, state, run_at, wanted, taken, code, because, marked_at, since, done_at)
SELECT flow,
  CASE WHEN flow = :orders THEN CAST(5400000000000 + i * 32768 AS TEXT)
    WHEN flow = :customers THEN CAST(7100000000000 + i * 32768 AS TEXT) ELSE CAST(44000000000000 + i * 32768 AS TEXT) END,
  CASE WHEN flow = :orders THEN '#' || CAST(100000 + i AS TEXT) WHEN flow = :customers THEN ''
    ELSE 'SKU-' || CAST(i % 50000 AS TEXT) END,
  'done', at, 1 + i % 3, 1 + i % 3,
  CASE WHEN i % 10 = 3 THEN 'not_importable' ELSE '' END,
  CASE WHEN i % 10 = 3 THEN 'The order was canceled before it was paid.'
    ELSE 'erp holds it as S' || CAST(100000 + i AS TEXT) || ': sale' END,
  at - 4000000, at, at
FROM (
  SELECT i, CASE WHEN i % 10 < 6 THEN :orders WHEN i % 10 < 8 THEN :customers ELSE :stock END AS flow,
    CASE WHEN i <= :history THEN :midnight - 89 * 86400000000 + i * (89 * 86400000000 / (:history + 1))
      ELSE :midnight + (i - :history) * ((:now - :midnight) / (:jobs - :history + 1)) END AS at
  FROM numbers
) AS past;

-- name: open_jobs
INSERT INTO job (flow, subject, number, state, run_at, code, because, answers, marked_at, since)
SELECT :orders, 'open-' || CAST(i AS TEXT), '#' || CAST(i AS TEXT),
  CASE WHEN i % 5 < 3 THEN 'parked' ELSE 'snoozed' END, :now + 86400000000,
  CASE i % 5 WHEN 0 THEN 'unknown_sku' WHEN 1 THEN 'unmapped' WHEN 2 THEN 'unknown_sku' ELSE 'unreachable' END,
  'erp has no product SKU-' || CAST(i AS TEXT), '["Create the product", "Retry"]', :now - i * 100000, :now - i * 100000
FROM numbers;

-- name: attempts
INSERT INTO attempt (id, flow, subject, started_at, finished_at, outcome, because, notes)
SELECT ${random_id} || '-' || CAST(id AS TEXT), flow, subject, done_at - 2000000, done_at, 'done', because,
  '["found in erp: nothing is created"]'
FROM job WHERE state = 'done' AND id > :after;

-- name: exchanges
INSERT INTO exchange (attempt_id, connection, operation, started_at, elapsed_ms, status, request, response)
SELECT id, 'erp', 'sale.order/create', started_at, 40, 200, ${half_kb}, ${half_kb}
FROM (SELECT id, started_at FROM attempt ORDER BY started_at DESC LIMIT :calls) AS newest;

-- name: deliveries
INSERT INTO inbox (connection, delivery_id, topic, body, kind, external_id, received_at, state, run_at, done_at)
SELECT 'shop', ${random_id}, 'orders/create', ${blob}, 'order', subject, done_at - 5000000, 'done', done_at, done_at
FROM job WHERE flow = :orders AND state = 'done' AND id > :after;

-- name: records
INSERT INTO record (connection, kind, external_id, number, changed_at, read_at, fingerprint, body)
SELECT 'shop', 'order', subject, number, done_at, done_at, ${random_id},
  replace(replace(CAST(:body AS TEXT), 'THE-ID', subject), 'THE-NUMBER', number)
FROM job WHERE flow = :orders AND state = 'done' AND id > :after;
