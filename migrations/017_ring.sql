-- How things were in the last 24 hours (daemon/metrics/ring.ts): 288 rows, one in five minutes of the clock at most, each written over after a day.
CREATE TABLE ring (
  slot INTEGER PRIMARY KEY,
  at   INTEGER NOT NULL,
  told TEXT    NOT NULL  -- JSON
) STRICT;
