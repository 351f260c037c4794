-- What workers said of their types last: resolved when a job is enqueued, also while none of them is there.
CREATE TABLE worker_types (
	type TEXT NOT NULL PRIMARY KEY,
	queue TEXT,
	max_attempts INTEGER,
	restartable INTEGER,
	timeout_ms INTEGER,
	registered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- 1: a worker has it and has not begun it.
ALTER TABLE runs ADD COLUMN handed INTEGER NOT NULL DEFAULT 0;
