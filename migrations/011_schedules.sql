-- Schedules: what repeats, or is to begin at a time of day. When one is due, its next due time and the job that it
-- begins are committed together, so each due time begins one job, whatever kills the daemon.
CREATE TABLE schedules (
  name          TEXT    PRIMARY KEY,
  spec          TEXT    NOT NULL,            -- JSON as it was prepared, without its payload
  workspace     TEXT    NOT NULL,            -- '' is none
  sparing       INTEGER NOT NULL,            -- its jobs wait while the battery is low
  payload       BLOB,                        -- inline content
  payload_hash  BLOB,                        -- or the file that holds it
  payload_bytes INTEGER NOT NULL,
  due           TEXT    NOT NULL,            -- JSON: {cron}, {everyMs} or {at}
  every_ms      INTEGER,                     -- of an interval
  timezone      TEXT    NOT NULL,
  anchor        INTEGER NOT NULL,            -- where an interval begins to count
  missed        TEXT    NOT NULL,
  overlap       TEXT    NOT NULL,
  jitter_ms     INTEGER NOT NULL,
  start_at      INTEGER,
  end_at        INTEGER,
  enabled       INTEGER NOT NULL,
  next_at       INTEGER,                     -- the next due time; null when there is none
  fire_at       INTEGER,                     -- the same with its jitter
  created_at    INTEGER NOT NULL,
  changed_at    INTEGER NOT NULL,
  last_due      INTEGER,                     -- of the newest job it began
  last_at       INTEGER,
  last_job      TEXT,
  missed_count  INTEGER,                     -- of the look at which some were found to be missed
  missed_ran    INTEGER,
  missed_at     INTEGER,
  overlapped    INTEGER NOT NULL DEFAULT 0,  -- due times since its newest job that passed because that was unfinished
  error_code    TEXT,
  error_message TEXT,
  error_at      INTEGER
) STRICT;

CREATE INDEX schedules_due ON schedules (fire_at) WHERE fire_at IS NOT NULL;
-- An interval whose next time is further away than it is long: the clock was set back.
CREATE INDEX schedules_ahead ON schedules (next_at - every_ms - jitter_ms)
  WHERE every_ms IS NOT NULL AND next_at > coalesce(start_at, 0);
CREATE INDEX schedules_payload ON schedules (payload_hash) WHERE payload_hash IS NOT NULL;

-- Payload files are counted as those of jobs are (003_payloads.sql).
CREATE TRIGGER schedules_payload_added AFTER INSERT ON schedules WHEN NEW.payload_hash IS NOT NULL
BEGIN
  UPDATE payload_files SET refs = refs + 1 WHERE hash = NEW.payload_hash;
END;
CREATE TRIGGER schedules_payload_changed AFTER UPDATE OF payload_hash ON schedules
WHEN OLD.payload_hash IS NOT NEW.payload_hash
BEGIN
  UPDATE payload_files SET refs = refs - 1 WHERE hash = OLD.payload_hash;
  UPDATE payload_files SET refs = refs + 1 WHERE hash = NEW.payload_hash;
END;
CREATE TRIGGER schedules_payload_removed AFTER DELETE ON schedules WHEN OLD.payload_hash IS NOT NULL
BEGIN
  UPDATE payload_files SET refs = refs - 1 WHERE hash = OLD.payload_hash;
END;

-- When a schedule had it begin; it stands on its retries too, as `origin` does, which names the schedule.
ALTER TABLE jobs ADD COLUMN due_at INTEGER;
CREATE INDEX jobs_of_schedule ON jobs (origin, generation) WHERE due_at IS NOT NULL AND stage <> 6;
