-- What jobs wait for besides time and a free slot: power, battery and idleness as wait classes, events.
--
-- A wait class is one set of conditions. A claim looks only at classes whose conditions hold, so a plug-in
-- event touches no rows. Class 0 waits for nothing.
CREATE TABLE wait_classes (
  id   INTEGER PRIMARY KEY,
  spec TEXT    NOT NULL UNIQUE
) STRICT;

-- own_class is what the job was enqueued with; class is what binds it now: 0 once its conditions are waived,
-- and while a run goes on that finishes whatever becomes of them.
ALTER TABLE jobs ADD COLUMN own_class INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN class     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN on_lost   INTEGER NOT NULL DEFAULT 0;  -- 0 finish · 1 pause · 2 requeue
ALTER TABLE jobs ADD COLUMN max_wait  INTEGER;                     -- ms from ready to waived
ALTER TABLE jobs ADD COLUMN waive_at  INTEGER;                     -- means something while stage = 1
ALTER TABLE jobs ADD COLUMN event     TEXT;                        -- NULL once it has fired
ALTER TABLE jobs ADD COLUMN yielded   TEXT;                        -- why it stepped aside while running

-- One range per (queue, class, workspace), best first. Stage 7: waits for its event.
DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (queue, class, workspace, priority DESC, generation) WHERE stage = 1;
CREATE INDEX jobs_waiving ON jobs (waive_at) WHERE waive_at IS NOT NULL AND stage = 1;
CREATE INDEX jobs_bound ON jobs (class) WHERE stage = 5 AND class <> 0;
CREATE INDEX jobs_event ON jobs (event, generation) WHERE event IS NOT NULL AND state = 0;

-- Events that fired and whose waiting jobs, up to a generation, are still being released.
CREATE TABLE fired_events (
  name      TEXT    NOT NULL,
  workspace TEXT    NOT NULL,  -- '' is everywhere
  upto      INTEGER NOT NULL,
  PRIMARY KEY (name, workspace)
) STRICT, WITHOUT ROWID;
