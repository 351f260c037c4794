-- Claims that stay flat in queues, a poison guard that lets go, and waits that a clock set back does not stretch.

-- How often a run alone went well for so long that the daemon's deaths are no longer held against the job.
ALTER TABLE jobs ADD COLUMN acquitted INTEGER NOT NULL DEFAULT 0;  -- in the boot that unclean_boot names
CREATE INDEX jobs_suspect ON jobs (generation) WHERE unclean > 0 AND stage <> 6;
-- What may start beside a parent that runs alone, best first.
CREATE INDEX jobs_ready_parts ON jobs (parent, priority DESC, generation) WHERE stage = 1 AND parent IS NOT NULL;

-- Ms from when it was decided to run_at, where that is a wait (backoff, debounce) and not a time that was asked for.
ALTER TABLE jobs ADD COLUMN wait INTEGER;
-- When waits began: one that begins in the future began before the clock was set back.
CREATE INDEX jobs_wait_begun ON jobs (run_at - wait) WHERE stage = 2 AND wait IS NOT NULL;
CREATE INDEX jobs_waive_begun ON jobs (waive_at - max_wait) WHERE waive_at IS NOT NULL AND stage = 1;
CREATE INDEX jobs_ttl_begun ON jobs (expires_at - json_extract(spec, '$.ttlMs'))
  WHERE expires_at IS NOT NULL AND run = 0 AND state = 0;

-- Lists of one folder.
CREATE INDEX jobs_workspace ON jobs (workspace, state, generation) WHERE workspace <> '';
