-- What an AI tool asked for and a person must approve before its first start: 1 until they have.
ALTER TABLE jobs ADD COLUMN approval INTEGER NOT NULL DEFAULT 0;
