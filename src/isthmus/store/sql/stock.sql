-- Orders the ERP has not confirmed yet, by item and place: what must not be offered again. `sku` is what the item was
-- called in the order, `item` the shop's variant; see migration 0008.

-- name: set_in_flight
-- Of two readings of an order at the same time only the one the mirror keeps counts. It is written first in the same
-- unit, which also locks its row, so whoever was newer has been seen by now.
-- A variant that was deleted is named no more; whose goods they are stays known.
INSERT INTO in_flight (connection, order_id, sku, place, wanted, item, pooled)
SELECT :connection, :order_id, :sku, :place, :wanted, :item, :pooled FROM record
WHERE record.connection = :connection AND record.kind = 'order' AND record.external_id = :order_id
  AND record.read_at = :read_at AND record.fingerprint = :fingerprint
ON CONFLICT (connection, order_id, sku, place) DO UPDATE SET
  wanted = excluded.wanted, item = CASE WHEN excluded.item = '' THEN in_flight.item ELSE excluded.item END;

-- name: drop_in_flight
-- Lines that are no longer part of the order, as the reading says that the mirror keeps.
UPDATE in_flight SET wanted = '0', item = CASE WHEN pooled = '' THEN item ELSE '' END
WHERE connection = :connection AND order_id = :order_id AND EXISTS (
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
-- What orders of any shop take of some items of an ERP (`source`), found three ways: by the item the variant is bound
-- to, by the variants that bear one of the names in one shop now, and by the name it was sold under. `found` is that name
-- or empty, `bound` the item, and `called` what the item is called now, if there still is one. An order that another ERP
-- holds takes nothing of this one's; one that is nowhere yet may go to any of them.
WITH variant (connection, item, name) AS (
  SELECT theirs.connection, theirs.external_id, ''
  FROM binding AS mine
  JOIN binding AS theirs ON theirs.entity = mine.entity AND theirs.kind = mine.kind AND theirs.connection <> mine.connection
  WHERE mine.connection = :source AND mine.kind = 'variant' AND mine.external_id IN (:items...)
  UNION
  SELECT connection, external_id, number FROM record
  WHERE connection = :shop AND kind = 'variant' AND deleted_at IS NULL AND number IN (:skus...)
),
found (connection, order_id, sku, place, item, name) AS (
  SELECT taken.connection, taken.order_id, CASE taken.pooled WHEN '' THEN taken.sku ELSE taken.pooled END, taken.place,
    taken.item, variant.name
  FROM variant JOIN in_flight AS taken ON taken.connection = variant.connection AND taken.item = variant.item
  UNION
  SELECT connection, order_id, sku, place, item, sku FROM in_flight WHERE sku IN (:skus...)
)
SELECT in_flight.*, found.name AS found, held.external_id AS bound, item.number AS called
FROM found
JOIN in_flight ON in_flight.connection = found.connection AND in_flight.order_id = found.order_id
  AND in_flight.sku = found.sku AND in_flight.place = found.place
LEFT JOIN binding AS mine
  ON mine.connection = found.connection AND mine.kind = 'variant' AND mine.external_id = found.item
LEFT JOIN binding AS held ON held.entity = mine.entity AND held.kind = mine.kind AND held.connection = :source
LEFT JOIN record AS item
  ON item.connection = held.connection AND item.kind = held.kind AND item.external_id = held.external_id
  AND item.deleted_at IS NULL
WHERE NOT EXISTS (
  SELECT 1 FROM binding AS sold
  JOIN binding AS booked ON booked.entity = sold.entity AND booked.kind = sold.kind
  WHERE sold.connection = found.connection AND sold.kind = 'order' AND sold.external_id = found.order_id
    AND booked.connection || '' NOT IN (found.connection, :source)
);

-- name: prune_in_flight
DELETE FROM in_flight WHERE (connection, order_id, sku, place) IN (
  SELECT connection, order_id, sku, place FROM in_flight
  WHERE confirmed_at IS NOT NULL AND wanted = confirmed AND confirmed_at < :before
  ORDER BY confirmed_at LIMIT 200
)
  AND wanted = confirmed
RETURNING sku;
