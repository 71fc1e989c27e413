-- Claims go by lane; nothing of this release asks for due work without it.

DROP INDEX IF EXISTS job_due;
