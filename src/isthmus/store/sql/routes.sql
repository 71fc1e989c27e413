-- Where orders are, when one shop's orders go to several ERPs.

-- name: orders_held
-- The ERPs that hold some orders of a shop, or may: a try there got no answer.
SELECT mine.external_id AS order_id, other.connection AS destination
FROM binding AS mine
JOIN binding AS other ON other.entity = mine.entity AND other.kind = mine.kind AND other.connection <> mine.connection
WHERE mine.connection = :shop AND mine.kind = 'order' AND mine.external_id IN (:ids...)
UNION
SELECT subject, connection FROM intent
WHERE connection IN (:destinations...) AND kind = 'order' AND key IN (:keys...) AND state IN ('open', 'unknown');

-- name: claim_order
-- Changes nothing but locks the order's row, and finds none where another ERP holds the order or may. Said twice in one
-- unit: the first waits for whoever claims it at the same moment, the second sees what that one has written.
UPDATE record SET read_at = read_at
WHERE connection = :shop AND kind = 'order' AND external_id = :order_id
  AND NOT EXISTS (
    SELECT 1 FROM binding AS mine
    JOIN binding AS other ON other.entity = mine.entity AND other.kind = mine.kind AND other.connection <> mine.connection
    WHERE mine.connection = :shop AND mine.kind = 'order' AND mine.external_id = :order_id
      AND other.connection <> :destination
  )
  AND NOT EXISTS (
    SELECT 1 FROM intent
    WHERE connection IN (:others...) AND kind = 'order' AND key = :key AND state IN ('open', 'unknown')
  )
RETURNING external_id;
