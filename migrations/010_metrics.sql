-- What monitoring counts across the lives of the daemon (daemon/queue/store/lasting.ts).
CREATE TABLE lasting_counts (
  name  TEXT PRIMARY KEY,
  value REAL NOT NULL
) STRICT, WITHOUT ROWID;
