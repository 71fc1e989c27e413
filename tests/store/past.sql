-- A past large enough that reading all of it is never the cheapest way. `${numbers}` gives i from 1.
INSERT INTO connection (name, connector) VALUES ('shop', 'shopify');
INSERT INTO connection (name, connector) VALUES ('erp', 'odoo');
${numbers} INSERT INTO job (flow, subject, number, state, run_at, marked_at, since, done_at)
SELECT CASE i % 3 WHEN 0 THEN 'orders' WHEN 1 THEN 'customers' ELSE 'stock' END, CAST(i AS TEXT), '#' || CAST(i AS TEXT),
  'done', i, i, i, i FROM numbers;
${few} INSERT INTO job (flow, subject, number, state, run_at, marked_at, since, code, because, waits_for, lease_until)
SELECT CASE i % 2 WHEN 0 THEN 'orders' ELSE 'stock' END, 'open-' || CAST(i AS TEXT), '',
  CASE i % 4 WHEN 0 THEN 'ready' WHEN 1 THEN 'running' WHEN 2 THEN 'snoozed' ELSE 'parked' END, i, i, i,
  CASE i % 3 WHEN 0 THEN 'unmapped' ELSE 'unknown_sku' END, 'no product', CASE i % 4 WHEN 2 THEN 'connection:erp' END, i
FROM numbers;
${numbers} INSERT INTO inbox (connection, delivery_id, topic, body, kind, external_id, received_at, run_at, state, done_at)
SELECT CASE i % 2 WHEN 0 THEN 'shop' ELSE 'erp' END, CAST(i AS TEXT), 'orders/create', CAST('{}' AS ${blob}), 'order',
  CAST(i AS TEXT), i, i, CASE WHEN i % 500 = 0 THEN 'new' ELSE 'done' END, CASE WHEN i % 500 <> 0 THEN i END FROM numbers;
${numbers} INSERT INTO attempt (id, flow, subject, started_at, outcome)
SELECT CAST(i AS TEXT), 'orders', CAST(i AS TEXT), i, 'done' FROM numbers;
${numbers} INSERT INTO exchange (attempt_id, connection, operation, started_at, elapsed_ms)
SELECT CAST(i AS TEXT), 'erp', 'create', i, 1 FROM numbers;
${numbers} INSERT INTO record (connection, kind, external_id, number, read_at, fingerprint, body)
SELECT CASE i % 2 WHEN 0 THEN 'shop' ELSE 'erp' END, CASE i % 3 WHEN 0 THEN 'order' ELSE 'variant' END, CAST(i AS TEXT),
  '#' || CAST(i AS TEXT), i, 'f', '{}' FROM numbers;
${numbers} INSERT INTO binding (connection, kind, external_id, entity, state)
SELECT CASE i % 2 WHEN 0 THEN 'shop' ELSE 'erp' END, 'order', CAST(i / 2 AS TEXT), 'order:' || CAST(i / 2 AS TEXT), 'synced'
FROM numbers;
${numbers} INSERT INTO intent (id, flow, subject, connection, kind, key, state, opened_at, settles_at, resolved_at)
SELECT CAST(i AS TEXT), 'orders', CAST(i AS TEXT), 'erp', 'order', CAST(i AS TEXT),
  CASE i % 500 WHEN 0 THEN 'unknown' ELSE 'done' END, i, i, CASE WHEN i % 500 <> 0 THEN i END FROM numbers;
${numbers} INSERT INTO in_flight (connection, order_id, sku, place, wanted, confirmed, confirmed_at, item)
SELECT 'shop', CAST(i AS TEXT), 'SKU-' || CAST(i AS TEXT), '', '1', '1', i, CAST(i AS TEXT) FROM numbers;
${numbers} INSERT INTO audit (at, who, action, target) SELECT i, 'eve', 'retry', 'orders' FROM numbers;
