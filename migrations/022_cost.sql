-- What runs cost, for the whole tree of their processes; null where the machine does not tell.
-- On a job: the sum of its runs, and the highest peak of them.
ALTER TABLE runs ADD COLUMN cpu_ms INTEGER;
ALTER TABLE runs ADD COLUMN peak_memory INTEGER;
ALTER TABLE runs ADD COLUMN read_bytes INTEGER;
ALTER TABLE runs ADD COLUMN written_bytes INTEGER;
ALTER TABLE jobs ADD COLUMN cpu_ms INTEGER;
ALTER TABLE jobs ADD COLUMN peak_memory INTEGER;
ALTER TABLE jobs ADD COLUMN read_bytes INTEGER;
ALTER TABLE jobs ADD COLUMN written_bytes INTEGER;
