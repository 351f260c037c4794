-- Payloads from the threshold on are files, named by the SHA-256 of their content; the database keeps
-- only who refers to them. The counts are kept by triggers, so that nobody who adds or removes a job can
-- forget them.
ALTER TABLE jobs ADD COLUMN payload_hash BLOB;  -- null: inline in `payloads`, or no payload

CREATE INDEX jobs_payload ON jobs (payload_hash) WHERE payload_hash IS NOT NULL;

CREATE TABLE payload_files (
  hash   BLOB    PRIMARY KEY CHECK (length(hash) = 32),
  bytes  INTEGER NOT NULL,            -- of the content
  stored INTEGER NOT NULL,            -- on disk
  refs   INTEGER NOT NULL DEFAULT 0   -- jobs that have it; 0 waits for collection
) STRICT, WITHOUT ROWID;

CREATE INDEX payload_files_unused ON payload_files (hash) WHERE refs = 0;

-- The rule that all rows obey already; null until they were looked at for the first time.
CREATE TABLE payload_rule (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  threshold INTEGER
) STRICT;
INSERT INTO payload_rule (id, threshold) VALUES (1, NULL);

CREATE TRIGGER jobs_payload_changed AFTER UPDATE OF payload_hash ON jobs
WHEN OLD.payload_hash IS NOT NEW.payload_hash
BEGIN
  UPDATE payload_files SET refs = refs - 1 WHERE hash = OLD.payload_hash;
  UPDATE payload_files SET refs = refs + 1 WHERE hash = NEW.payload_hash;
END;

CREATE TRIGGER jobs_payload_removed AFTER DELETE ON jobs
WHEN OLD.payload_bytes > 0
BEGIN
  DELETE FROM payloads WHERE job = OLD.generation;
  UPDATE payload_files SET refs = refs - 1 WHERE hash = OLD.payload_hash;
END;
