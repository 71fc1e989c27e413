-- Orders the ERP has not confirmed yet, by SKU and place: what must not be offered again.

-- name: set_in_flight
-- Of two readings of an order at the same time only the one the mirror keeps counts. It is written first in the same
-- unit, which also locks its row, so whoever was newer has been seen by now.
INSERT INTO in_flight (connection, order_id, sku, place, wanted)
SELECT :connection, :order_id, :sku, :place, :wanted FROM record
WHERE record.connection = :connection AND record.kind = 'order' AND record.external_id = :order_id
  AND record.read_at = :read_at AND record.fingerprint = :fingerprint
ON CONFLICT (connection, order_id, sku, place) DO UPDATE SET wanted = excluded.wanted;

-- name: drop_in_flight
-- Lines that are no longer part of the order, as the reading says that the mirror keeps.
UPDATE in_flight SET wanted = '0' WHERE connection = :connection AND order_id = :order_id AND EXISTS (
  SELECT 1 FROM record
  WHERE record.connection = :connection AND record.kind = 'order' AND record.external_id = :order_id
    AND record.read_at = :read_at AND record.fingerprint = :fingerprint
);

-- name: confirm_order
-- The ERP holds the order as it was written; what was written of each line follows.
UPDATE in_flight SET confirmed = '0', confirmed_at = :now WHERE connection = :connection AND order_id = :order_id;

-- name: confirm_in_flight
-- Not more than was written: the order may have grown while it was on its way.
UPDATE in_flight SET confirmed = :confirmed, confirmed_at = :now
WHERE connection = :connection AND order_id = :order_id AND sku = :sku AND place = :place;

-- name: clear_in_flight
DELETE FROM in_flight WHERE connection = :connection AND order_id = :order_id;

-- name: in_flight
SELECT * FROM in_flight WHERE sku IN (:skus...);

-- name: prune_in_flight
DELETE FROM in_flight WHERE (connection, order_id, sku, place) IN (
  SELECT connection, order_id, sku, place FROM in_flight
  WHERE confirmed_at IS NOT NULL AND wanted = confirmed AND confirmed_at < :before
  ORDER BY confirmed_at LIMIT 200
)
  AND wanted = confirmed
RETURNING sku;
