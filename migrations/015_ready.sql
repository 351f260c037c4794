-- Jobs that serve are ready at some moment of a run. Once one has been, whoever waits for that waits no more.
ALTER TABLE jobs ADD COLUMN ready_at  INTEGER;                     -- of the run that goes on, or was the last
ALTER TABLE jobs ADD COLUMN was_ready INTEGER NOT NULL DEFAULT 0;  -- in some run

-- dependencies.needs: 3 that it is ready.
CREATE INDEX dependencies_ready ON dependencies (target, waiter) WHERE needs = 3;

-- Sweeps of kind 6 go through those that wait for a job to be ready. Its children may be gone through meanwhile.
DROP INDEX sweeps_root;
CREATE UNIQUE INDEX sweeps_root ON sweeps (root, kind >= 5);

-- The newest job of a type and a subject, and of a schedule, which others wait for.
CREATE INDEX jobs_newest_of_subject ON jobs (type, subject, generation) WHERE subject IS NOT NULL;
CREATE INDEX jobs_newest_of_schedule ON jobs (origin, generation) WHERE due_at IS NOT NULL;
