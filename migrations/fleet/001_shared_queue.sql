-- The shared queue: tables that nobody but their owner touches, and functions that machines call. Each call is one
-- statement and one transaction, takes one jsonb and gives one back, and leaves nothing in the session.
-- It runs as whoever owns the database, in one transaction (daemon/fleet/schema.ts).

CREATE TABLE config (
  one          boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- What is signed for one queue is worth nothing in another.
  fleet        uuid NOT NULL DEFAULT gen_random_uuid(),
  protocol     int NOT NULL DEFAULT 1,
  min_protocol int NOT NULL DEFAULT 1,
  -- A machine that was not heard of for so long has lost what it held.
  lease        interval NOT NULL DEFAULT '60 seconds' CHECK (lease >= '100 milliseconds'),
  -- So long the outcome of work that must not run twice is waited for.
  lost_after   interval NOT NULL DEFAULT '24 hours',
  keep         interval NOT NULL DEFAULT '14 days'
);
INSERT INTO config DEFAULT VALUES;

CREATE TABLE node (
  id       uuid PRIMARY KEY,
  name     text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
  -- Nobody else may speak for it.
  login    name NOT NULL,
  -- Ed25519, 32 bytes; the id is the beginning of its hash.
  key      bytea NOT NULL CHECK (length(key) = 32),
  protocol int NOT NULL,
  -- For eyes and explanations only.
  info     jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(info::text) <= 8192),
  joined   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE SEQUENCE epoch;
-- The only row that a heartbeat touches.
CREATE TABLE beat (
  node  uuid PRIMARY KEY REFERENCES node ON DELETE CASCADE,
  -- One life of one daemon; 0: it was declared over, and its leases were taken away.
  epoch bigint NOT NULL,
  seen  timestamptz NOT NULL,
  load  jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- One row per set of requirements. A machine decides by itself which it satisfies; the database knows nothing of them.
CREATE TABLE need (
  id   int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  spec jsonb NOT NULL UNIQUE CHECK (octet_length(spec::text) <= 2000)
);

-- state: 0 waiting 1 leased 2 begun 3 lost 4 delayed 5 behind its subject 6 arriving
--        10 succeeded 11 failed 12 cancelled 13 superseded 14 expired
CREATE TABLE job (
  id              uuid PRIMARY KEY,
  -- First come by the server's count, not by the clocks of submitters.
  n               bigint GENERATED ALWAYS AS IDENTITY,
  need            int NOT NULL REFERENCES need,
  priority        smallint NOT NULL DEFAULT 0,
  state           smallint NOT NULL,
  restartable     boolean NOT NULL DEFAULT false,
  fence           int NOT NULL DEFAULT 0,
  -- Names one tenure; every report carries it.
  lease           uuid,
  node            uuid REFERENCES node ON DELETE SET NULL,
  -- Machines that vanished with it.
  losses          smallint NOT NULL DEFAULT 0,
  -- An order is kept before it is answered; the holder believes it only with its signature.
  stop            bytea,
  stop_signature  bytea,
  stop_key        bytea,
  title           text NOT NULL CHECK (length(title) <= 200),
  key             text CHECK (octet_length(key) <= 128),
  subject         text CHECK (octet_length(subject) <= 512),
  created         timestamptz NOT NULL DEFAULT clock_timestamp(),
  run_at          timestamptz,
  expires         timestamptz NOT NULL,
  leased_at       timestamptz,
  begun_at        timestamptz,
  ended_at        timestamptz,
  submitter       uuid REFERENCES node ON DELETE SET NULL,
  submitter_key   bytea NOT NULL,
  -- The signed specification, byte for byte.
  envelope        bytea NOT NULL CHECK (length(envelope) <= 400000),
  signature       bytea NOT NULL CHECK (length(signature) = 64),
  payload         bytea CHECK (length(payload) <= 10000),
  chunks          int NOT NULL DEFAULT 0 CHECK (chunks BETWEEN 0 AND 64),
  -- What the runner signed of its end; who ran it.
  report          bytea CHECK (length(report) <= 100000),
  report_signature bytea,
  runner_key      bytea,
  tail            bytea CHECK (length(tail) <= 65536),
  -- Why it ended where no machine said so.
  reason          text,
  -- The transaction that changed it last: what lies below every open one has been seen by all.
  changed         bigint NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
CREATE INDEX job_waiting ON job (need, priority DESC, n) WHERE state = 0;
CREATE INDEX job_held    ON job (node) WHERE state IN (1, 2, 3);
CREATE INDEX job_lost    ON job (leased_at) WHERE state = 3;
CREATE INDEX job_due     ON job (run_at) WHERE state = 4;
CREATE INDEX job_behind  ON job (submitter_key, subject, priority DESC, n) WHERE state = 5;
CREATE INDEX job_expires ON job (expires) WHERE state IN (0, 4, 5, 6);
CREATE INDEX job_ended   ON job (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX job_changed ON job (changed);
CREATE INDEX job_need    ON job (need);
CREATE INDEX job_n       ON job (n);
CREATE UNIQUE INDEX job_key ON job (submitter_key, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX job_subject ON job (submitter_key, subject)
  WHERE subject IS NOT NULL AND state IN (0, 1, 2, 3, 4);

CREATE TABLE chunk (
  job  uuid NOT NULL REFERENCES job ON DELETE CASCADE,
  n    int NOT NULL CHECK (n BETWEEN 0 AND 63),
  data bytea NOT NULL CHECK (length(data) <= 262144),
  PRIMARY KEY (job, n)
);
ALTER TABLE chunk ALTER COLUMN data SET STORAGE EXTERNAL;

-- Somebody looks at a log that is written elsewhere.
CREATE TABLE log_wish (
  job   uuid PRIMARY KEY REFERENCES job ON DELETE CASCADE,
  until timestamptz NOT NULL
);
CREATE TABLE log_chunk (
  job  uuid NOT NULL REFERENCES job ON DELETE CASCADE,
  -- The tenure that wrote it: the log of another one begins anew.
  lease uuid NOT NULL,
  at   bigint NOT NULL,
  data bytea NOT NULL CHECK (length(data) BETWEEN 1 AND 65536),
  PRIMARY KEY (job, lease, at)
);

-- ── What functions have in common ──────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION ms(t timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE
  AS $$ SELECT floor(extract(epoch FROM t) * 1000)::bigint $$;
CREATE FUNCTION at(t bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE
  AS $$ SELECT to_timestamp(t / 1000.0) $$;
CREATE FUNCTION b64(b bytea) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT translate(encode(b, 'base64'), E'\n', '') $$;
CREATE FUNCTION now_xid() RETURNS bigint LANGUAGE sql VOLATILE
  AS $$ SELECT pg_current_xact_id()::text::bigint $$;
CREATE FUNCTION channel(prefix text, id text) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT 'fleet_' || prefix || replace(id, '-', '') $$;
-- Differs on a server that was promoted from a standby: what the old one acknowledged last may be gone.
CREATE FUNCTION timeline() RETURNS int LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int $$;

-- The machine that asks, if it is the one that may.
CREATE FUNCTION speaker(q jsonb) RETURNS uuid LANGUAGE plpgsql STABLE SET search_path = fleet, pg_temp AS $$
DECLARE who uuid;
BEGIN
  SELECT id INTO who FROM node WHERE id = (q->>'node')::uuid AND login = session_user;
  IF who IS NULL THEN
    RAISE EXCEPTION 'This login (%) may not speak for that machine, or the machine was forgotten.', session_user
      USING ERRCODE = 'FL001';
  END IF;
  RETURN who;
END $$;

-- True while this life of the machine is neither over nor silent for too long. Keeps it from being declared over meanwhile.
CREATE FUNCTION is_alive(me uuid, life bigint) RETURNS boolean LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
DECLARE b beat;
BEGIN
  SELECT * INTO b FROM beat WHERE node = me FOR KEY SHARE;
  RETURN b.epoch IS NOT NULL AND life > 0 AND b.epoch = life
    AND b.seen > clock_timestamp() - (SELECT lease FROM config);
END $$;

-- One subject of one submitter is open once. Whoever frees or takes it holds this lock.
CREATE FUNCTION lock_subject(k bytea, s text) RETURNS void LANGUAGE sql SET search_path = fleet, pg_temp
  AS $$ SELECT pg_advisory_xact_lock(hashtextextended(encode(k, 'hex') || '/' || s, 7)) $$;

CREATE FUNCTION free_subject(k bytea, s text) RETURNS void LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
DECLARE f record;
BEGIN
  IF s IS NULL THEN RETURN; END IF;
  PERFORM lock_subject(k, s);
  IF EXISTS (SELECT FROM job WHERE submitter_key = k AND subject = s AND state IN (0, 1, 2, 3, 4)) THEN RETURN; END IF;
  UPDATE job SET state = CASE WHEN run_at > clock_timestamp() THEN 4 ELSE 0 END, changed = now_xid()
    WHERE id = (SELECT id FROM job WHERE submitter_key = k AND subject = s AND state = 5
                ORDER BY priority DESC, n LIMIT 1 FOR UPDATE)
    RETURNING need, state INTO f;
  IF f.state = 0 THEN PERFORM pg_notify(channel('q', f.need::text), ''); END IF;
END $$;

-- What no machine says of an end.
CREATE FUNCTION end_unreported(j uuid, s int, why text) RETURNS void LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
DECLARE r record;
BEGIN
  UPDATE job SET state = s, reason = why, ended_at = clock_timestamp(), lease = NULL, changed = now_xid()
    WHERE id = j AND state < 10 RETURNING submitter_key, subject INTO r;
  DELETE FROM chunk WHERE job = j;
  IF r IS NOT NULL THEN PERFORM free_subject(r.submitter_key, r.subject); END IF;
END $$;

-- What everybody in the queue may see of a job.
CREATE FUNCTION shown(j job) RETURNS jsonb LANGUAGE sql STABLE SET search_path = fleet, pg_temp AS $$
  SELECT jsonb_build_object(
    'id', j.id, 'n', j.n, 'title', j.title, 'state', j.state, 'priority', j.priority, 'restartable', j.restartable,
    'fence', j.fence, 'losses', j.losses, 'stopping', j.stop IS NOT NULL, 'reason', j.reason,
    'need', (SELECT spec FROM need WHERE need.id = j.need),
    'node', j.node, 'machine', (SELECT name FROM node WHERE node.id = j.node),
    'submitter', j.submitter, 'from', (SELECT name FROM node WHERE node.id = j.submitter),
    'created', ms(j.created), 'runAt', ms(j.run_at), 'expires', ms(j.expires),
    'leasedAt', ms(j.leased_at), 'begunAt', ms(j.begun_at), 'endedAt', ms(j.ended_at), 'changed', j.changed)
$$;

-- What concerns those two only who have to do with it.
CREATE FUNCTION shown_whole(j job) RETURNS jsonb LANGUAGE sql STABLE SET search_path = fleet, pg_temp AS $$
  SELECT shown(j) || jsonb_build_object(
    'envelope', b64(j.envelope), 'signature', b64(j.signature), 'submitterKey', b64(j.submitter_key),
    'report', b64(j.report), 'reportSignature', b64(j.report_signature), 'runnerKey', b64(j.runner_key),
    'tail', b64(j.tail),
    'seen', (SELECT ms(seen) FROM beat WHERE beat.node = j.node),
    'progress', (SELECT load->'progress'->j.id::text FROM beat WHERE beat.node = j.node AND j.state IN (1, 2)))
$$;

-- ── What time and the loss of machines bring; by anyone, bounded, one at a time ────────────────────────────────────

CREATE FUNCTION reap() RETURNS void LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
DECLARE c config; dead uuid; r job; f record;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('semantica fleet reap', 7)) THEN RETURN; END IF;
  SELECT * INTO c FROM config;
  FOR dead IN SELECT node FROM beat WHERE epoch > 0 AND seen <= clock_timestamp() - c.lease
      LIMIT 20 FOR UPDATE SKIP LOCKED LOOP
    UPDATE beat SET epoch = 0 WHERE node = dead;
    FOR r IN SELECT * FROM job WHERE node = dead AND state IN (1, 2) FOR UPDATE LOOP
      IF r.state = 2 AND NOT r.restartable THEN
        UPDATE job SET state = 3, losses = losses + 1, changed = now_xid() WHERE id = r.id;
      ELSIF r.stop IS NOT NULL THEN
        PERFORM end_unreported(r.id, 12, 'cancel');
      ELSIF r.losses >= 1 THEN
        PERFORM end_unreported(r.id, 11, 'poison');
      ELSE
        UPDATE job SET state = 0, losses = losses + 1, lease = NULL, node = NULL, changed = now_xid() WHERE id = r.id;
        PERFORM pg_notify(channel('q', r.need::text), '');
      END IF;
    END LOOP;
  END LOOP;
  FOR f IN UPDATE job SET state = 0, changed = now_xid() WHERE id IN (SELECT id FROM job WHERE state = 4
      AND run_at <= clock_timestamp() ORDER BY run_at LIMIT 500 FOR UPDATE SKIP LOCKED) RETURNING need LOOP
    PERFORM pg_notify(channel('q', f.need::text), '');
  END LOOP;
  FOR r IN SELECT * FROM job WHERE state IN (0, 4, 5, 6) AND expires <= clock_timestamp()
      LIMIT 500 FOR UPDATE SKIP LOCKED LOOP
    PERFORM end_unreported(r.id, 14, 'ttl');
  END LOOP;
  FOR r IN SELECT * FROM job WHERE state = 3 AND leased_at <= clock_timestamp() - c.lost_after
      LIMIT 100 FOR UPDATE SKIP LOCKED LOOP
    PERFORM end_unreported(r.id, 11, 'interrupted');
  END LOOP;
  DELETE FROM job WHERE id IN (SELECT id FROM job WHERE ended_at <= clock_timestamp() - c.keep
    ORDER BY ended_at LIMIT 500 FOR UPDATE SKIP LOCKED);
  DELETE FROM need WHERE id IN (SELECT id FROM need n WHERE NOT EXISTS (SELECT FROM job WHERE job.need = n.id)
    LIMIT 100 FOR UPDATE SKIP LOCKED);
  DELETE FROM log_chunk WHERE job IN (SELECT job FROM log_wish
    WHERE until <= clock_timestamp() - interval '10 minutes' LIMIT 20);
  DELETE FROM log_wish w WHERE until <= clock_timestamp() - interval '10 minutes'
    AND NOT EXISTS (SELECT FROM log_chunk l WHERE l.job = w.job);
END $$;

-- ── What machines call ─────────────────────────────────────────────────────────────────────────────────────────────

-- {node, name, key, protocol, info, holds: [{id, lease}]} → {epoch, now, timeline, fleet, leaseMs, held}
CREATE FUNCTION hello(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE c config; me uuid := (q->>'node')::uuid; k bytea := decode(q->>'key', 'base64'); e bigint; h jsonb;
BEGIN
  SELECT * INTO c FROM config;
  IF (q->>'protocol')::int < c.min_protocol THEN
    RAISE EXCEPTION 'This machine speaks version % of the shared queue''s protocol, and % is the oldest that is understood. Update Semantica here.',
      q->>'protocol', c.min_protocol USING ERRCODE = 'FL002';
  END IF;
  IF (q->>'protocol')::int > c.protocol THEN
    RAISE EXCEPTION 'The shared queue is of an older version than this machine. Whoever runs the database brings it up to date with: semantica fleet init'
      USING ERRCODE = 'FL002';
  END IF;
  IF me <> encode(substring(sha256(k) FROM 1 FOR 16), 'hex')::uuid THEN
    RAISE EXCEPTION 'The id of a machine must be that of its key.' USING ERRCODE = 'FL005';
  END IF;
  IF EXISTS (SELECT FROM node WHERE name = q->>'name' AND id <> me) THEN
    RAISE EXCEPTION 'Another machine is called "%" in this shared queue. Join under another name.', q->>'name'
      USING ERRCODE = 'FL003';
  END IF;
  IF EXISTS (SELECT FROM node WHERE id = me AND login <> session_user) THEN
    RAISE EXCEPTION 'This machine belongs to another login.' USING ERRCODE = 'FL001';
  END IF;
  INSERT INTO node (id, name, login, key, protocol, info)
    VALUES (me, q->>'name', session_user, k, (q->>'protocol')::int, coalesce(q->'info', '{}'))
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, protocol = excluded.protocol, info = excluded.info;
  e := nextval('epoch');
  INSERT INTO beat (node, epoch, seen) VALUES (me, e, clock_timestamp())
    ON CONFLICT (node) DO UPDATE SET epoch = excluded.epoch, seen = excluded.seen;
  -- What was given up for lost has been found again.
  FOR h IN SELECT * FROM jsonb_array_elements(coalesce(q->'holds', '[]')) LOOP
    UPDATE job SET state = 2, changed = now_xid()
      WHERE id = (h->>'id')::uuid AND node = me AND lease = (h->>'lease')::uuid AND state = 3;
  END LOOP;
  RETURN jsonb_build_object('epoch', e, 'now', ms(clock_timestamp()), 'timeline', timeline(), 'fleet', c.fleet,
    'leaseMs', (extract(epoch FROM c.lease) * 1000)::bigint, 'held', held(me));
END $$;

CREATE FUNCTION held(me uuid) RETURNS jsonb LANGUAGE sql STABLE SET search_path = fleet, pg_temp AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'lease', lease, 'fence', fence, 'state', state,
      'stop', b64(stop), 'stopSignature', b64(stop_signature), 'stopKey', b64(stop_key)) ORDER BY n), '[]')
    FROM job WHERE node = me AND state IN (1, 2, 3)
$$;

-- {node, epoch, load, needsAfter} → {alive, replaced, now, timeline, held, needs, wishes}: heartbeat, renewal of
-- every lease, and delivery of orders.
CREATE FUNCTION sync(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); e bigint; found_alive boolean;
BEGIN
  UPDATE beat SET seen = clock_timestamp(), load = coalesce(q->'load', load)
    WHERE node = me AND epoch = (q->>'epoch')::bigint AND epoch > 0
      AND seen > clock_timestamp() - (SELECT lease FROM config);
  found_alive := FOUND;
  PERFORM reap();
  SELECT epoch INTO e FROM beat WHERE node = me;
  RETURN jsonb_build_object('alive', found_alive, 'replaced', e > (q->>'epoch')::bigint,
    'now', ms(clock_timestamp()), 'timeline', timeline(), 'held', held(me), 'needs', needs_after(q),
    'wishes', (SELECT coalesce(jsonb_agg(w.job), '[]') FROM log_wish w JOIN job j ON j.id = w.job
               WHERE j.node = me AND j.state IN (1, 2) AND w.until > clock_timestamp()));
END $$;

-- At most a thousand at once, oldest first; those of jobs that wait.
CREATE FUNCTION needs_after(q jsonb) RETURNS jsonb LANGUAGE sql STABLE SET search_path = fleet, pg_temp AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'spec', spec) ORDER BY id), '[]')
    FROM (SELECT id, spec FROM need WHERE id > coalesce((q->>'needsAfter')::int, 0) ORDER BY id LIMIT 1000) n
$$;

-- {node, epoch, needs: [int], n, needsAfter} → {alive, leases, needs}
CREATE FUNCTION claim(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); most int := least((q->>'n')::int, 500); got jsonb;
BEGIN
  IF NOT is_alive(me, (q->>'epoch')::bigint) THEN
    RETURN jsonb_build_object('alive', false, 'leases', '[]'::jsonb, 'needs', '[]'::jsonb);
  END IF;
  WITH best AS (
    SELECT j.id FROM (SELECT DISTINCT value::int AS need FROM jsonb_array_elements_text(q->'needs')) u
      CROSS JOIN LATERAL (SELECT id, priority, n FROM job WHERE state = 0 AND job.need = u.need
                          ORDER BY priority DESC, n LIMIT most FOR UPDATE SKIP LOCKED) j
      ORDER BY j.priority DESC, j.n LIMIT most
  ), taken AS (
    UPDATE job SET state = 1, lease = gen_random_uuid(), fence = fence + 1, node = me, leased_at = clock_timestamp(),
        begun_at = NULL, changed = now_xid()
      FROM best WHERE job.id = best.id AND job.state = 0
      RETURNING job.*
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'lease', lease, 'fence', fence, 'need', need,
      'restartable', restartable, 'priority', priority, 'envelope', b64(envelope), 'signature', b64(signature),
      'submitterKey', b64(submitter_key), 'payload', b64(payload), 'chunks', chunks) ORDER BY priority DESC, n), '[]')
    INTO got FROM taken;
  RETURN jsonb_build_object('alive', true, 'leases', got, 'needs', needs_after(q));
END $$;

-- {node, epoch, id, lease} → {begun}. Where the answer was lost it is asked again.
CREATE FUNCTION begin(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q);
BEGIN
  IF NOT is_alive(me, (q->>'epoch')::bigint) THEN RETURN jsonb_build_object('begun', false); END IF;
  UPDATE job SET state = 2, begun_at = coalesce(begun_at, clock_timestamp()), changed = now_xid()
    WHERE id = (q->>'id')::uuid AND node = me AND lease = (q->>'lease')::uuid AND state IN (1, 2) AND stop IS NULL;
  RETURN jsonb_build_object('begun', FOUND);
END $$;

-- {node, id, lease, state, report, signature, tail} → {taken: 'accepted' | 'already' | 'refused'}
CREATE FUNCTION finish(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); r record; s int := (q->>'state')::int; l uuid := (q->>'lease')::uuid;
BEGIN
  IF s NOT IN (10, 11, 12, 14) THEN
    RAISE EXCEPTION 'A machine reports that a job succeeded, failed, was cancelled or expired; % is none of these.', s
      USING ERRCODE = 'FL005';
  END IF;
  UPDATE job SET state = s, ended_at = clock_timestamp(), changed = now_xid(),
      report = decode(q->>'report', 'base64'), report_signature = decode(q->>'signature', 'base64'),
      runner_key = (SELECT key FROM node WHERE id = me), tail = decode(q->>'tail', 'base64')
    WHERE id = (q->>'id')::uuid AND node = me AND lease = l AND state IN (1, 2, 3)
    RETURNING id, submitter_key, subject INTO r;
  IF r.id IS NOT NULL THEN
    DELETE FROM chunk WHERE job = r.id;
    PERFORM free_subject(r.submitter_key, r.subject);
    RETURN jsonb_build_object('taken', 'accepted');
  END IF;
  IF EXISTS (SELECT FROM job WHERE id = (q->>'id')::uuid AND node = me AND lease = l AND state >= 10) THEN
    RETURN jsonb_build_object('taken', 'already');
  END IF;
  RETURN jsonb_build_object('taken', 'refused');
END $$;

-- {node, id, lease} → {back}. What has begun and must not run twice is not taken back.
CREATE FUNCTION give_back(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); r job;
BEGIN
  SELECT * INTO r FROM job WHERE id = (q->>'id')::uuid AND node = me AND lease = (q->>'lease')::uuid
    AND (state = 1 OR state = 2 AND restartable) FOR UPDATE;
  IF r.id IS NULL THEN RETURN jsonb_build_object('back', false); END IF;
  IF r.stop IS NOT NULL THEN
    PERFORM end_unreported(r.id, 12, 'cancel');
  ELSE
    UPDATE job SET state = 0, lease = NULL, node = NULL, changed = now_xid() WHERE id = r.id;
    PERFORM pg_notify(channel('q', r.need::text), '');
  END IF;
  RETURN jsonb_build_object('back', true);
END $$;

-- {node, jobs: [{id, need, priority, restartable, key, subject, title, runAt, expires, envelope, signature, payload,
-- chunks}]} → {jobs: [{id, state, existing, envelope, signature}]}. The same id again is the same job.
CREATE FUNCTION enqueue(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); k bytea; j jsonb; r job; nd int; st int; told int[] := '{}'; answers jsonb := '[]';
BEGIN
  SELECT key INTO k FROM node WHERE id = me;
  IF jsonb_array_length(q->'jobs') > 1000 THEN
    RAISE EXCEPTION 'At most 1,000 jobs may be sent at once.' USING ERRCODE = 'FL005';
  END IF;
  FOR j IN SELECT * FROM jsonb_array_elements(q->'jobs') LOOP
    -- Two of one key or subject must not pass each other.
    IF j->>'key' IS NOT NULL THEN PERFORM pg_advisory_xact_lock(hashtextextended(encode(k, 'hex') || '#' || (j->>'key'), 7)); END IF;
    SELECT * INTO r FROM job WHERE id = (j->>'id')::uuid
      OR (job.key = j->>'key' AND submitter_key = k) ORDER BY (id = (j->>'id')::uuid) DESC LIMIT 1;
    IF r.id IS NOT NULL AND r.submitter_key <> k THEN
      RAISE EXCEPTION 'The id % belongs to a job of another machine.', r.id USING ERRCODE = 'FL005';
    END IF;
    IF r.id IS NOT NULL THEN
      answers := answers || jsonb_build_object('id', r.id, 'state', r.state, 'existing', true,
        'envelope', b64(r.envelope), 'signature', b64(r.signature));
      CONTINUE;
    END IF;
    SELECT id INTO nd FROM need WHERE spec = j->'need' FOR KEY SHARE;
    IF nd IS NULL THEN
      INSERT INTO need (spec) VALUES (j->'need') ON CONFLICT (spec) DO UPDATE SET spec = excluded.spec RETURNING id INTO nd;
      PERFORM pg_notify('fleet_needs', '');
    END IF;
    IF coalesce((j->>'chunks')::int, 0) > 0 THEN st := 6;
    ELSE st := first_state(k, j->>'subject', at((j->>'runAt')::bigint)); END IF;
    INSERT INTO job (id, need, priority, state, restartable, title, key, subject, run_at, expires, submitter,
        submitter_key, envelope, signature, payload, chunks, changed)
      VALUES ((j->>'id')::uuid, nd, coalesce((j->>'priority')::int, 0), st, coalesce((j->>'restartable')::boolean, false),
        j->>'title', j->>'key', j->>'subject', at((j->>'runAt')::bigint),
        least(at((j->>'expires')::bigint), clock_timestamp() + interval '14 days'), me, k,
        decode(j->>'envelope', 'base64'), decode(j->>'signature', 'base64'), decode(j->>'payload', 'base64'),
        coalesce((j->>'chunks')::int, 0), now_xid())
      RETURNING * INTO r;
    IF st = 0 AND NOT nd = ANY (told) THEN
      told := told || nd;
      PERFORM pg_notify(channel('q', nd::text), '');
    END IF;
    answers := answers || jsonb_build_object('id', r.id, 'state', r.state, 'existing', false);
  END LOOP;
  RETURN jsonb_build_object('jobs', answers);
END $$;

CREATE FUNCTION first_state(k bytea, s text, due timestamptz) RETURNS int LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
BEGIN
  IF s IS NOT NULL THEN
    PERFORM lock_subject(k, s);
    IF EXISTS (SELECT FROM job WHERE submitter_key = k AND subject = s AND state IN (0, 1, 2, 3, 4)) THEN RETURN 5; END IF;
  END IF;
  RETURN CASE WHEN due > clock_timestamp() THEN 4 ELSE 0 END;
END $$;

-- {node, id, n, data} → {}: a piece of a payload that is too large for the row.
CREATE FUNCTION put_chunk(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q);
BEGIN
  PERFORM FROM job WHERE id = (q->>'id')::uuid AND submitter = me AND state = 6 FOR UPDATE;
  IF FOUND THEN
    INSERT INTO chunk (job, n, data) VALUES ((q->>'id')::uuid, (q->>'n')::int, decode(q->>'data', 'base64'))
      ON CONFLICT (job, n) DO UPDATE SET data = excluded.data;
  END IF;
  RETURN '{}';
END $$;

-- {node, id} → {state}: all of its payload is here.
CREATE FUNCTION arrived(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); r job; st int;
BEGIN
  SELECT * INTO r FROM job WHERE id = (q->>'id')::uuid AND submitter = me FOR UPDATE;
  IF r.id IS NULL OR r.state <> 6 THEN RETURN jsonb_build_object('state', r.state); END IF;
  IF (SELECT count(*) FROM chunk WHERE job = r.id) < r.chunks THEN RETURN jsonb_build_object('state', 6); END IF;
  st := first_state(r.submitter_key, r.subject, r.run_at);
  UPDATE job SET state = st, changed = now_xid() WHERE id = r.id;
  IF st = 0 THEN PERFORM pg_notify(channel('q', r.need::text), ''); END IF;
  RETURN jsonb_build_object('state', st);
END $$;

-- {node, id, lease, n} → {data}: to the holder only.
CREATE FUNCTION get_chunk(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q);
BEGIN
  RETURN jsonb_build_object('data', (SELECT b64(data) FROM chunk c JOIN job j ON j.id = c.job
    WHERE c.job = (q->>'id')::uuid AND c.n = (q->>'n')::int AND j.node = me AND j.lease = (q->>'lease')::uuid));
END $$;

-- {node, id, order, signature} → {state, done: 'ended' | 'ordered' | 'already' | 'forbidden' | 'unknown'}
CREATE FUNCTION cancel(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); r job; done text;
BEGIN
  SELECT * INTO r FROM job WHERE id = (q->>'id')::uuid FOR UPDATE;
  IF r.id IS NULL THEN RETURN jsonb_build_object('done', 'unknown'); END IF;
  IF r.state >= 10 THEN
    done := 'already';
  ELSIF r.state IN (1, 2) THEN
    UPDATE job SET stop = decode(q->>'order', 'base64'), stop_signature = decode(q->>'signature', 'base64'),
      stop_key = (SELECT key FROM node WHERE id = me), changed = now_xid() WHERE id = r.id;
    PERFORM pg_notify(channel('n', r.node::text), '');
    done := 'ordered';
  ELSIF r.submitter = me THEN
    PERFORM end_unreported(r.id, 12, 'cancel');
    done := 'ended';
  ELSE
    done := 'forbidden';
  END IF;
  RETURN jsonb_build_object('done', done, 'state', (SELECT state FROM job WHERE id = r.id));
END $$;

-- {node, since, mine} → {jobs, mark, more}: each change once, whatever order commits come in.
CREATE FUNCTION changes(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); below bigint := pg_snapshot_xmin(pg_current_snapshot())::text::bigint; got jsonb; last bigint; n int;
BEGIN
  SELECT coalesce(jsonb_agg(CASE WHEN c.submitter = me THEN shown_whole(c) - 'envelope' - 'tail' ELSE shown(c) END
      ORDER BY c.changed, c.n), '[]'), max(c.changed), count(*)
    INTO got, last, n FROM (
      SELECT job.* FROM job WHERE job.changed >= (q->>'since')::bigint AND job.changed < below
        AND (NOT coalesce((q->>'mine')::boolean, false) OR job.submitter = me)
      ORDER BY job.changed FETCH FIRST 200 ROWS WITH TIES) c;
  RETURN jsonb_build_object('jobs', got, 'more', n >= 200,
    'mark', CASE WHEN n >= 200 THEN last + 1 ELSE greatest(below, (q->>'since')::bigint) END);
END $$;

-- {node, id} → a job, or null
CREATE FUNCTION get(q jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); r job;
BEGIN
  SELECT * INTO r FROM job WHERE id = (q->>'id')::uuid;
  IF r.id IS NULL THEN RETURN 'null'; END IF;
  RETURN CASE WHEN r.submitter = me OR r.node = me THEN shown_whole(r) ELSE shown(r) END;
END $$;

-- {node, machine, open, before, text, limit} → {jobs, total}: newest first
CREATE FUNCTION list(q jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); target uuid;
BEGIN
  SELECT id INTO target FROM node WHERE name = q->>'machine';
  RETURN (SELECT jsonb_build_object('jobs', coalesce(jsonb_agg(shown(j.*) ORDER BY j.n DESC), '[]')) FROM (
    SELECT * FROM job
      WHERE (q->>'before' IS NULL OR n < (q->>'before')::bigint)
        AND (q->>'machine' IS NULL OR node = target
             OR need IN (SELECT id FROM need WHERE spec->>'on' = target::text))
        AND (NOT coalesce((q->>'open')::boolean, false) OR state < 10)
        AND (q->>'text' IS NULL OR id::text LIKE '%' || (q->>'text') || '%' OR strpos(lower(title), lower(q->>'text')) > 0)
      ORDER BY n DESC LIMIT least(coalesce((q->>'limit')::int, 50), 200)) j);
END $$;

-- {node} → {now, nodes, counts}
CREATE FUNCTION nodes(q jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q);
BEGIN
  RETURN jsonb_build_object('now', ms(clock_timestamp()), 'timeline', timeline(),
    'oldestTransactionMs', (SELECT coalesce(max(ms(clock_timestamp()) - ms(xact_start)), 0) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL),
    'waiting', (SELECT count(*) FROM (SELECT FROM job WHERE state = 0 LIMIT 10000) w),
    'nodes', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'name', n.name, 'key', b64(n.key),
        'info', n.info, 'protocol', n.protocol, 'alive', b.epoch > 0 AND b.seen > clock_timestamp() - c.lease,
        'seen', ms(b.seen), 'load', b.load - 'progress',
        'held', (SELECT count(*) FROM job j WHERE j.node = n.id AND j.state IN (1, 2))) ORDER BY n.name), '[]')
      FROM node n LEFT JOIN beat b ON b.node = n.id CROSS JOIN config c));
END $$;

-- {node, id} → {}: the submitter looks at its log for the next minute.
CREATE FUNCTION wish(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); r job;
BEGIN
  SELECT * INTO r FROM job WHERE id = (q->>'id')::uuid AND submitter = me AND state < 10;
  IF r.id IS NULL THEN RETURN '{}'; END IF;
  INSERT INTO log_wish (job, until) VALUES (r.id, clock_timestamp() + interval '60 seconds')
    ON CONFLICT (job) DO UPDATE SET until = excluded.until;
  IF r.node IS NOT NULL THEN PERFORM pg_notify(channel('n', r.node::text), ''); END IF;
  RETURN '{}';
END $$;

-- {node, id, lease, at, data} → {wished}
CREATE FUNCTION put_log(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q);
BEGIN
  IF NOT EXISTS (SELECT FROM job j JOIN log_wish w ON w.job = j.id WHERE j.id = (q->>'id')::uuid AND j.node = me
      AND j.lease = (q->>'lease')::uuid AND j.state IN (1, 2) AND w.until > clock_timestamp()) THEN
    RETURN jsonb_build_object('wished', false);
  END IF;
  INSERT INTO log_chunk (job, lease, at, data)
    VALUES ((q->>'id')::uuid, (q->>'lease')::uuid, (q->>'at')::bigint, decode(q->>'data', 'base64'))
    ON CONFLICT DO NOTHING;
  RETURN jsonb_build_object('wished', true);
END $$;

-- {node, id, from} → {lease, at, data}: the piece that begins there, or the next, to the submitter only.
CREATE FUNCTION read_log(q jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q);
BEGIN
  RETURN coalesce((SELECT jsonb_build_object('lease', c.lease, 'at', c.at, 'data', b64(c.data))
    FROM log_chunk c JOIN job j ON j.id = c.job
    WHERE c.job = (q->>'id')::uuid AND j.submitter = me AND c.lease = j.lease
      AND c.at >= (q->>'from')::bigint ORDER BY c.at LIMIT 1), 'null');
END $$;

-- {node} → {}: what it holds goes back or is lost, as if it were silent; its name is free again.
CREATE FUNCTION leave(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q);
BEGIN
  PERFORM take_away(me);
  DELETE FROM node WHERE id = me;
  RETURN '{}';
END $$;

CREATE FUNCTION take_away(gone uuid) RETURNS void LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
DECLARE r job;
BEGIN
  PERFORM FROM beat WHERE node = gone FOR UPDATE;
  UPDATE beat SET epoch = 0 WHERE node = gone;
  FOR r IN SELECT * FROM job WHERE node = gone AND state IN (1, 2, 3) FOR UPDATE LOOP
    IF r.state = 1 OR r.state = 2 AND r.restartable THEN
      UPDATE job SET state = 0, lease = NULL, node = NULL, changed = now_xid() WHERE id = r.id;
      PERFORM pg_notify(channel('q', r.need::text), '');
    ELSE
      PERFORM end_unreported(r.id, 11, 'interrupted');
    END IF;
  END LOOP;
END $$;

-- For whoever owns the database: a machine that will not come back. True when there was one of that name.
CREATE FUNCTION forget(machine text) RETURNS boolean LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
DECLARE gone uuid;
BEGIN
  SELECT id INTO gone FROM node WHERE name = machine;
  IF gone IS NULL THEN RETURN false; END IF;
  PERFORM take_away(gone);
  DELETE FROM node WHERE id = gone;
  RETURN true;
END $$;

-- ── Who may call what ──────────────────────────────────────────────────────────────────────────────────────────────

DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['fleet_watch', 'fleet_submit', 'fleet_work'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE format('CREATE ROLE %I NOLOGIN', r); END IF;
  END LOOP;
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA fleet FROM PUBLIC;
GRANT USAGE ON SCHEMA fleet TO fleet_watch, fleet_submit, fleet_work;
GRANT EXECUTE ON FUNCTION hello(jsonb), sync(jsonb), changes(jsonb), get(jsonb), list(jsonb), nodes(jsonb), leave(jsonb)
  TO fleet_watch, fleet_submit, fleet_work;
GRANT EXECUTE ON FUNCTION enqueue(jsonb), put_chunk(jsonb), arrived(jsonb), cancel(jsonb), wish(jsonb), read_log(jsonb)
  TO fleet_submit;
GRANT EXECUTE ON FUNCTION claim(jsonb), begin(jsonb), finish(jsonb), give_back(jsonb), get_chunk(jsonb), put_log(jsonb)
  TO fleet_work;
