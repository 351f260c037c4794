-- What becomes of a job's children when it is stopped, paused or resumed: decided in one commit, carried out
-- in groups, and gone on with after a crash. A stop stands on the job itself; here stands how far it has come.
--   kind: 1 cancel · 2 supersede · 3 pause · 4 resume
CREATE TABLE sweeps (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  root  INTEGER NOT NULL,            -- generation of the job whose children it goes through
  kind  INTEGER NOT NULL,
  after INTEGER NOT NULL DEFAULT 0,  -- generation of the last child that was dealt with
  upto  INTEGER NOT NULL             -- of the newest job when it began
) STRICT;
CREATE UNIQUE INDEX sweeps_root ON sweeps (root);

-- Stage 8: queued and being stopped; it ends when its children have.
ALTER TABLE jobs ADD COLUMN swept    INTEGER NOT NULL DEFAULT 0;  -- the pause or resume that came to it out of turn
ALTER TABLE jobs ADD COLUMN again_at INTEGER;  -- back to the queue, for then, when the children of its run are gone

CREATE INDEX jobs_open_children ON jobs (parent, generation) WHERE parent IS NOT NULL AND stage <> 6;

-- Of those counted, how many belong to runs that are over: the run that comes is not judged by them.
ALTER TABLE child_counts ADD COLUMN earlier INTEGER NOT NULL DEFAULT 0;
DELETE FROM child_counts WHERE parent NOT IN (SELECT generation FROM jobs);

-- Keys of jobs that a person removed before the key was free.
CREATE TABLE removed_keys (
  key        TEXT    PRIMARY KEY,
  spec_hash  TEXT,
  id         TEXT    NOT NULL,
  generation INTEGER NOT NULL,
  state      INTEGER NOT NULL,
  free_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX removed_keys_free ON removed_keys (free_at);

-- Retention keeps jobs with a key apart: they stay a day.
CREATE INDEX jobs_finished_key ON jobs (finished_at, generation) WHERE finished_at IS NOT NULL AND key IS NOT NULL;
