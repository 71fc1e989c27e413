-- Orders the ERP has not confirmed yet, by SKU and place: what must not be offered again.

-- name: set_in_flight
INSERT INTO in_flight (connection, order_id, sku, place, wanted) VALUES (:connection, :order_id, :sku, :place, :wanted)
ON CONFLICT (connection, order_id, sku, place) DO UPDATE SET wanted = excluded.wanted;

-- name: drop_in_flight
-- Lines that are no longer part of the order.
UPDATE in_flight SET wanted = '0' WHERE connection = :connection AND order_id = :order_id;

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
DELETE FROM in_flight WHERE confirmed_at IS NOT NULL AND confirmed_at < :before AND wanted = confirmed;
