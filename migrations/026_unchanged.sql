-- Jobs that need not run where nothing changed since the last success of the same.
ALTER TABLE jobs ADD COLUMN always_run      INTEGER NOT NULL DEFAULT 0;  -- a person asked for it
ALTER TABLE jobs ADD COLUMN hashed          INTEGER NOT NULL DEFAULT 0;  -- job_inputs has what it would be recorded with
ALTER TABLE jobs ADD COLUMN unchanged_since TEXT;

-- Of runs that ended well in jobs that have not ended yet.
CREATE TABLE job_inputs (
	job      INTEGER PRIMARY KEY,
	work     TEXT NOT NULL,
	digest   TEXT NOT NULL,
	manifest BLOB
);

-- Outlives the jobs. work: what is done, digest: to what, manifest: which files had which content.
CREATE TABLE last_successes (
	work     TEXT PRIMARY KEY,
	digest   TEXT NOT NULL,
	job      TEXT NOT NULL,
	result   TEXT,
	at       INTEGER NOT NULL,
	manifest BLOB
) WITHOUT ROWID;
CREATE INDEX last_successes_at ON last_successes (at);
