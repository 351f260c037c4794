-- What recognises a run's process after a restart, beside pid, start time and boot.
-- `pgid` stands only while the group may be alive.
ALTER TABLE runs ADD COLUMN pgid INTEGER;
ALTER TABLE runs ADD COLUMN pid_namespace TEXT;
ALTER TABLE runs ADD COLUMN cookie TEXT;

CREATE INDEX runs_pgid ON runs (pgid) WHERE pgid IS NOT NULL;
