-- Jobs that wait for others. Stage 9: some condition of it does not hold yet.
ALTER TABLE jobs ADD COLUMN after_count INTEGER NOT NULL DEFAULT 0;  -- its conditions
ALTER TABLE jobs ADD COLUMN after_open  INTEGER NOT NULL DEFAULT 0;  -- those that do not hold (yet)
ALTER TABLE jobs ADD COLUMN replaced_by INTEGER;                     -- generation of the newer job of its subject

CREATE TABLE dependencies (
  waiter    INTEGER NOT NULL,  -- generation
  n         INTEGER NOT NULL,  -- in the order in which they were written
  target    INTEGER NOT NULL,  -- generation of the job that is waited for now
  target_id TEXT    NOT NULL,
  needs     INTEGER NOT NULL,  -- 1 that it succeeds · 2 that it ends
  holds     INTEGER,           -- null: not known yet; what is known outlives the target
  cause     TEXT,              -- of one that cannot hold: the job that it began with, and how that ended
  PRIMARY KEY (waiter, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX dependencies_target ON dependencies (target, waiter);

-- Sweeps of kind 5 go through those that wait for a job which has ended.
