-- Rates of queues: a bucket of tokens each, of which every run that begins takes one.
CREATE TABLE queue_rates (
  queue    TEXT    PRIMARY KEY,
  count    INTEGER NOT NULL,
  per_ms   INTEGER NOT NULL,
  level    INTEGER NOT NULL,  -- tokens times per_ms, as of `at`: whole numbers, whatever the rate
  at       INTEGER NOT NULL,
  token_at INTEGER NOT NULL   -- when there is a whole token
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_rates_at ON queue_rates (at);
CREATE INDEX queue_rates_token ON queue_rates (token_at);
