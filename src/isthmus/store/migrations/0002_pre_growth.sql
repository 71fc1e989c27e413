-- History costs nothing: what is asked all the time is a walk along one index, whatever lies behind.
-- docs/adr/0014-history-costs-nothing.md says why each of these is as it is.

-- Every flow that has jobs, and every connection that sent deliveries, by one step of an index each.
CREATE VIEW job_flow AS
WITH RECURSIVE name (flow) AS (
  SELECT MIN(flow) FROM job
  UNION ALL
  SELECT (SELECT MIN(job.flow) FROM job WHERE job.flow > name.flow) FROM name WHERE name.flow IS NOT NULL
)
SELECT flow FROM name WHERE flow IS NOT NULL;

CREATE INDEX inbox_newest ON inbox (connection, received_at);
CREATE VIEW inbox_connection AS
WITH RECURSIVE name (connection) AS (
  SELECT MIN(connection) FROM inbox
  UNION ALL
  SELECT (SELECT MIN(inbox.connection) FROM inbox WHERE inbox.connection > name.connection)
  FROM name WHERE name.connection IS NOT NULL
)
SELECT connection FROM name WHERE connection IS NOT NULL;

-- By state first, so that the few running ones are found without their flow. No index knows the lease: a worker that
-- says it is alive changes no index.
CREATE INDEX job_unfinished ON job (state, flow, marked_at) WHERE state <> 'done';
CREATE INDEX job_asked ON job (flow, code, since) WHERE state = 'parked';
CREATE INDEX job_finished ON job (flow, done_at) WHERE state = 'done';
CREATE INDEX in_flight_settled ON in_flight (confirmed_at) WHERE confirmed_at IS NOT NULL AND wanted = confirmed;

-- Room on each page for the next version of its rows, and vacuum before a fifth of a large table is dead.
-- [postgres]
ALTER TABLE job SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
-- [postgres]
ALTER TABLE inbox SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
-- [postgres]
ALTER TABLE attempt SET (autovacuum_vacuum_scale_factor = 0.05);
-- [postgres]
ALTER TABLE record SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
-- [postgres]
ALTER TABLE binding SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);

-- Exchanges by day, so that a day goes as a whole. What was kept so far becomes the first part, up to the end of today.
-- The last release keeps writing and pruning by the same names; each part has its own key, so nothing is built anew.
-- [postgres]
ALTER TABLE exchange RENAME TO exchange_before;
-- [postgres]
CREATE SEQUENCE exchange_number;
-- [postgres]
SELECT setval('exchange_number', (SELECT COALESCE(MAX(id), 0) + 1 FROM exchange_before), false);
-- [postgres]
ALTER TABLE exchange_before ALTER COLUMN id DROP IDENTITY;
-- [postgres]
ALTER TABLE exchange_before ALTER COLUMN id SET DEFAULT nextval('exchange_number');
-- [postgres]
ALTER INDEX exchange_pkey RENAME TO exchange_before_pkey;
-- [postgres]
ALTER INDEX exchange_attempt RENAME TO exchange_before_attempt;
-- [postgres]
ALTER INDEX exchange_age RENAME TO exchange_before_age;
-- [postgres]
CREATE TABLE exchange (LIKE exchange_before INCLUDING DEFAULTS) PARTITION BY RANGE (started_at);
-- [postgres]
ALTER SEQUENCE exchange_number OWNED BY exchange.id;
-- [postgres]
CREATE INDEX exchange_attempt ON exchange (attempt_id);
-- [postgres]
CREATE INDEX exchange_age ON exchange (started_at);
-- [postgres]
-- What no day is made for (a clock that is wrong, a release that makes no days) is kept all the same.
CREATE TABLE exchange_other PARTITION OF exchange (PRIMARY KEY (id)) DEFAULT;
-- [postgres]
CREATE FUNCTION start_of_day(moment TIMESTAMPTZ) RETURNS BIGINT LANGUAGE sql AS $$
  SELECT CAST(EXTRACT(EPOCH FROM date_trunc('day', moment AT TIME ZONE 'UTC')) AS BIGINT) * 1000000
$$;
-- [postgres]
WITH ahead AS (
  DELETE FROM exchange_before WHERE started_at >= start_of_day(now() + INTERVAL '1 day') RETURNING *
)
INSERT INTO exchange_other SELECT * FROM ahead;
-- [postgres]
ALTER TABLE exchange ATTACH PARTITION exchange_before
FOR VALUES FROM (MINVALUE) TO (start_of_day(now() + INTERVAL '1 day'));

-- [postgres]
-- The parts with an end, and the first microsecond after each.
CREATE VIEW exchange_part AS
SELECT part, CAST(until AS BIGINT) AS until
FROM (
  SELECT CAST(CAST(pg_class.oid AS regclass) AS TEXT) AS part,
    trim(BOTH '''' FROM substring(pg_get_expr(relpartbound, pg_class.oid) FROM 'TO \((.*)\)$')) AS until
  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = CAST('exchange' AS regclass)
) AS parts
WHERE until IS NOT NULL;
-- [postgres]
-- Make a part for each of the coming days that has none. Nobody waits behind this: a part is made on its own and then
-- attached, and where somebody else holds the table, the next look makes it.
CREATE FUNCTION make_exchange_days(moment BIGINT, days INTEGER) RETURNS INTEGER
LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE
  one_day CONSTANT BIGINT := 86400000000;
  today CONSTANT BIGINT := moment - moment % one_day;
  day BIGINT := GREATEST(today, (SELECT MAX(until) FROM exchange_part));
  part TEXT;
  made INTEGER := 0;
BEGIN
  WHILE day < today + days * one_day LOOP
    -- Rows of a day that came before its part stay where they are, and so does the rest of that day.
    IF NOT EXISTS (SELECT 1 FROM exchange_other WHERE started_at >= day AND started_at < day + one_day) THEN
      part := 'exchange_' || to_char(to_timestamp(day / 1000000) AT TIME ZONE 'UTC', 'YYYYMMDD');
      EXECUTE format('CREATE TABLE %I (LIKE exchange INCLUDING DEFAULTS, PRIMARY KEY (id))', part);
      EXECUTE format(
        'ALTER TABLE exchange ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', part, day, day + one_day
      );
      made := made + 1;
    END IF;
    day := day + one_day;
  END LOOP;
  RETURN made;
EXCEPTION
  WHEN lock_not_available OR duplicate_table OR check_violation THEN
    RETURN 0;
END
$$;
-- [postgres]
-- Drop the oldest part that ended by then and return its name, or nothing when there is none or it is in use.
CREATE FUNCTION drop_exchange_day(ended_by BIGINT) RETURNS TEXT
LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE
  oldest CONSTANT TEXT := (SELECT part FROM exchange_part WHERE until <= ended_by ORDER BY until LIMIT 1);
BEGIN
  IF oldest IS NOT NULL THEN
    EXECUTE format('DROP TABLE %s', oldest);
  END IF;
  RETURN oldest;
EXCEPTION
  WHEN lock_not_available OR undefined_table THEN
    RETURN NULL;
END
$$;
-- [postgres]
SELECT make_exchange_days(start_of_day(now()), 8);
-- [postgres]
DROP FUNCTION start_of_day;
