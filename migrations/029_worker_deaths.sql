-- How often the process of a worker died while this job ran in it: from the second time on it runs there alone.
ALTER TABLE jobs ADD COLUMN worker_deaths INTEGER NOT NULL DEFAULT 0;
