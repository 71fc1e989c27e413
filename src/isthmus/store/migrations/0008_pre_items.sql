-- What is sold and not confirmed yet is counted by item: a name may be changed, or go to another item, at any moment.

-- The shop's variant. Empty: the line names none, or a release that does not know this has written it. '*': several of
-- the order's variants bear this SKU. The row counts for each of them; a row of nothing, `pooled` into it, says for whom.
ALTER TABLE in_flight ADD COLUMN item TEXT NOT NULL DEFAULT '';
ALTER TABLE in_flight ADD COLUMN pooled TEXT NOT NULL DEFAULT '';
CREATE INDEX in_flight_item ON in_flight (connection, item);

-- What is on its way already, as far as the mirror's orders say whose it is.
-- [sqlite]
UPDATE in_flight SET item = COALESCE((
  SELECT CASE WHEN COUNT(*) = COUNT(json_extract(line.value, '$.variant_ref'))
      AND COUNT(DISTINCT json_extract(line.value, '$.variant_ref')) = 1
    THEN MIN(json_extract(line.value, '$.variant_ref')) END
  FROM record, json_each(record.body, '$.lines') AS line
  WHERE record.connection = in_flight.connection AND record.kind = 'order' AND record.external_id = in_flight.order_id
    AND json_extract(line.value, '$.sku') = in_flight.sku
    AND COALESCE(json_extract(line.value, '$.warehouse'), '') = in_flight.place
), '');
-- [postgres]
UPDATE in_flight SET item = COALESCE((
  SELECT CASE WHEN COUNT(*) = COUNT(line ->> 'variant_ref') AND COUNT(DISTINCT line ->> 'variant_ref') = 1
    THEN MIN(line ->> 'variant_ref') END
  FROM record, json_array_elements(CAST(record.body AS json) -> 'lines') AS line
  WHERE record.connection = in_flight.connection AND record.kind = 'order' AND record.external_id = in_flight.order_id
    AND line ->> 'sku' = in_flight.sku
    AND COALESCE(line ->> 'warehouse', '') = in_flight.place
), '');
