-- Limits for jobs of a queue that are not said to have others.
CREATE TABLE queue_limits (
  queue  TEXT PRIMARY KEY,
  limits TEXT NOT NULL  -- JSON, as a specification has them
) STRICT, WITHOUT ROWID;
