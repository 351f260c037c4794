-- Groups of jobs: so many of one group at once, across queues. A group is a part of the claim range, so that
-- what stands in a full group is in nobody's way, and a free place touches no rows.
ALTER TABLE jobs ADD COLUMN group_name  TEXT NOT NULL DEFAULT '';  -- '' is none: a claim range needs equality
ALTER TABLE jobs ADD COLUMN group_limit INTEGER;

-- One range per (queue, class, workspace, group), best first.
DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (queue, class, workspace, group_name, priority DESC, generation) WHERE stage = 1;
DROP INDEX jobs_run_now;
CREATE INDEX jobs_run_now ON jobs (group_name, generation) WHERE run_now = 1 AND stage = 1;

-- Who has a place and who waits, and what the group may have at the most.
CREATE INDEX jobs_group_open ON jobs (group_name, state, phase, generation)
  WHERE group_name <> '' AND stage <> 6;
CREATE INDEX jobs_group_limit ON jobs (group_name, group_limit)
  WHERE group_limit IS NOT NULL AND stage <> 6;
CREATE INDEX jobs_group ON jobs (group_name, generation) WHERE group_name <> '';

-- Only what a person set.
CREATE TABLE job_groups (
  name   TEXT    PRIMARY KEY,
  places INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
