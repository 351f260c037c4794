-- Of what an AI tool asked for: by whom, and to which folder it belongs; it is not delivered before a person has approved it.
ALTER TABLE fleet_sent ADD COLUMN origin TEXT;
ALTER TABLE fleet_sent ADD COLUMN workspace TEXT;
ALTER TABLE fleet_sent ADD COLUMN needs_approval INTEGER NOT NULL DEFAULT 0;
