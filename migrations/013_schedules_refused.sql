-- Schedules whose last time was refused: what doctor tells of.
CREATE INDEX schedules_refused ON schedules (name) WHERE error_code IS NOT NULL;
