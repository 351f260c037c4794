-- Jobs that hooks began, newest last: how many of one began in the last minute, and the one that gathers what came after.
CREATE INDEX jobs_of_hook ON jobs (origin, generation) WHERE origin >= 'hook/' AND origin < 'hook0';
