-- Who waits for a job that is retried by hand waits for its successor.
CREATE INDEX jobs_retry_of ON jobs (retry_of, generation) WHERE retry_of IS NOT NULL;
