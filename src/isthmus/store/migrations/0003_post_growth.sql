-- Indexes nothing asks for any more once the last release is gone.

DROP INDEX IF EXISTS job_leased;
DROP INDEX IF EXISTS job_open;
DROP INDEX IF EXISTS job_parked;
DROP INDEX IF EXISTS job_done;
DROP INDEX IF EXISTS inbox_done;
DROP INDEX IF EXISTS in_flight_confirmed;
DROP INDEX IF EXISTS audit_at;
