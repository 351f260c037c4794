-- What runs reported as errors and warnings, of the last run that ended.
-- On a job: JSON {errors, warnings, infos, first}; null where it reported nothing. All that is kept is a JSON list apart.
ALTER TABLE jobs ADD COLUMN problems TEXT;
CREATE TABLE job_problems (
	job   INTEGER PRIMARY KEY,
	items TEXT NOT NULL
);
CREATE TRIGGER job_problems_removed AFTER DELETE ON jobs WHEN old.problems IS NOT NULL BEGIN
	DELETE FROM job_problems WHERE job = old.generation;
END;
