-- Who asked for the job: a client by its name, or the job whose run did. Of older jobs nobody knows.
ALTER TABLE jobs ADD COLUMN origin TEXT NOT NULL DEFAULT 'unknown';
