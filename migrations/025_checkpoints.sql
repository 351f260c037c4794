-- What a run wrote down for the next one of its job: JSON text, as it said it.
CREATE TABLE checkpoints (
	job INTEGER NOT NULL PRIMARY KEY,
	at INTEGER NOT NULL,
	value TEXT NOT NULL
) STRICT;
