-- Jobs, their runs, payloads and queues.
--
-- `state` is what clients see; `stage` is why a job is or is not in the claim index, so that a
-- claim never looks at a row that cannot start:
--   1 ready · 2 delayed (run_at in the future) · 3 waits for its subject · 4 held · 5 active · 6 ended
-- `generation` is commit order. AUTOINCREMENT keeps it from being reused after deletions, and a
-- rolled-back insert gives its number back, so committed generations are consecutive.
CREATE TABLE jobs (
  generation     INTEGER PRIMARY KEY AUTOINCREMENT,
  id             TEXT    NOT NULL,
  type           TEXT    NOT NULL,
  title          TEXT    NOT NULL,
  queue          TEXT    NOT NULL,
  workspace      TEXT    NOT NULL DEFAULT '',  -- '' is none: a claim range needs equality
  subject        TEXT,
  key            TEXT,
  spec_hash      TEXT,                         -- only beside a key
  tag            TEXT,
  parent         INTEGER,                      -- generation of the parent
  depth          INTEGER NOT NULL DEFAULT 0,
  priority       INTEGER NOT NULL,
  spec           TEXT    NOT NULL,             -- JSON: what only a run or a reader needs
  state          INTEGER NOT NULL,
  stage          INTEGER NOT NULL,
  held           INTEGER NOT NULL DEFAULT 0,   -- paused by a person, queued or running
  run_now        INTEGER NOT NULL DEFAULT 0,   -- limits and pauses are waived for the next start
  unclean        INTEGER NOT NULL DEFAULT 0,   -- daemon deaths in one boot while it ran
  unclean_boot   TEXT,
  phase          INTEGER NOT NULL DEFAULT 0,   -- 1: its own process has ended, children are open
  created_at     INTEGER NOT NULL,
  first_trigger  INTEGER NOT NULL,             -- where a debounce began, inherited on supersede
  run_at         INTEGER NOT NULL,
  expires_at     INTEGER,                      -- the earlier of ttl (until first start) and deadline
  started_at     INTEGER,
  finished_at    INTEGER,
  attempt        INTEGER NOT NULL DEFAULT 0,
  run            INTEGER NOT NULL DEFAULT 0,
  stop_cause     TEXT,
  stop_at        INTEGER,
  stop_reason    TEXT,
  error_code     TEXT,
  error_message  TEXT,
  exit_code      INTEGER,
  signal         TEXT,
  result         TEXT,
  progress       TEXT,
  retry_of       TEXT,
  payload_bytes  INTEGER NOT NULL DEFAULT 0,
  log_bytes      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX jobs_id ON jobs (id);
CREATE UNIQUE INDEX jobs_key ON jobs (key) WHERE key IS NOT NULL;

-- The claim order itself: one range per (queue, workspace), best first.
CREATE INDEX jobs_ready ON jobs (queue, workspace, priority DESC, generation) WHERE stage = 1;
CREATE INDEX jobs_run_now ON jobs (generation) WHERE run_now = 1 AND stage = 1;
CREATE INDEX jobs_resuming ON jobs (priority DESC, generation) WHERE state = 2 AND held = 0;
CREATE INDEX jobs_delayed ON jobs (run_at) WHERE stage = 2;
CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX jobs_active ON jobs (generation) WHERE stage = 5;

-- At most one job of a subject is ready or active: the lock itself.
CREATE UNIQUE INDEX jobs_subject_owner ON jobs (type, subject)
  WHERE subject IS NOT NULL AND stage IN (1, 5);
CREATE INDEX jobs_subject_waiting ON jobs (type, subject, priority DESC, generation)
  WHERE subject IS NOT NULL AND stage = 3;
-- What a newer job of the subject supersedes.
CREATE INDEX jobs_subject_queued ON jobs (type, subject, generation)
  WHERE subject IS NOT NULL AND state = 0;

CREATE INDEX jobs_parent ON jobs (parent, state) WHERE parent IS NOT NULL;
CREATE INDEX jobs_state ON jobs (state, generation);
CREATE INDEX jobs_finished ON jobs (finished_at, generation) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_tag ON jobs (tag, generation) WHERE tag IS NOT NULL;

-- How many children of a job are in which state; kept by every transition of a child.
CREATE TABLE child_counts (
  parent INTEGER NOT NULL,
  state  INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (parent, state)
) STRICT, WITHOUT ROWID;

-- One row per claim. `run` is the fencing token of every update that a run makes.
CREATE TABLE runs (
  job        INTEGER NOT NULL,
  run        INTEGER NOT NULL,
  attempt    INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at   INTEGER,
  pid        INTEGER,
  process_started TEXT,   -- with boot: tells our process from a stranger with the same pid
  boot       TEXT,
  exit_code  INTEGER,
  signal     TEXT,
  reason     TEXT,
  PRIMARY KEY (job, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE payloads (
  job  INTEGER PRIMARY KEY,
  data BLOB NOT NULL
) STRICT;

-- Only what a person changed; `*` is the global limit.
CREATE TABLE queues (
  name        TEXT PRIMARY KEY,
  concurrency INTEGER,
  paused      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
