-- What this machine asked of a shared queue: mirrored here, so that it can be looked at while nothing is reachable.
CREATE TABLE fleet_sent (
  id          TEXT PRIMARY KEY,
  key         TEXT UNIQUE,
  envelope    BLOB NOT NULL,
  signature   BLOB NOT NULL,
  payload     BLOB,
  title       TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  -- 0: the queue does not have it yet.
  delivered   INTEGER NOT NULL DEFAULT 0,
  -- Why it cannot be delivered, in a sentence.
  refused     TEXT,
  -- JSON of what the queue last said of it, and when it ended.
  shared      TEXT,
  ended_at    INTEGER,
  tail        BLOB,
  -- An order to cancel that the queue does not have yet.
  cancelling  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX fleet_sent_open ON fleet_sent (created_at) WHERE ended_at IS NULL;

-- Work of others that is here: one row for each tenure, until its end is accepted.
CREATE TABLE fleet_held (
  lease       TEXT PRIMARY KEY,
  id          TEXT NOT NULL,
  fence       INTEGER NOT NULL,
  rule        TEXT NOT NULL,
  restartable INTEGER NOT NULL,
  grace_ms    INTEGER NOT NULL,
  taken_at    INTEGER NOT NULL,
  begun       INTEGER NOT NULL DEFAULT 0,
  -- 1: its run is stopped to give it back, and not because somebody cancelled it.
  given_up    INTEGER NOT NULL DEFAULT 0,
  -- The report that waits to be accepted.
  state       INTEGER,
  report      BLOB,
  signature   BLOB,
  tail        BLOB
) STRICT;

-- What was ever taken in here, until its signature is too old to be believed: replayed work is known by it.
CREATE TABLE fleet_seen (
  id        TEXT PRIMARY KEY,
  begun     INTEGER NOT NULL,
  not_after INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE fleet_state (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
