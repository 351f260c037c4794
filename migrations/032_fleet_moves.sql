-- Jobs that change between this queue and a shared one: where one was before, and which are on their way back.
ALTER TABLE fleet_sent ADD COLUMN moved_from TEXT;
ALTER TABLE fleet_sent ADD COLUMN coming_back INTEGER NOT NULL DEFAULT 0;
