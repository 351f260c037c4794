-- What is read is read by an index, whatever PostgreSQL believes of the tables. It has no statistics of a fresh queue, and
-- guesses that LIMIT n wants a tenth of all rows where n is not known beforehand: both made it read the whole queue for
-- each job sent and for each claim, until an ANALYZE came by. What clock_timestamp() returns may differ from row to row,
-- so that no index finds what is before it: each heartbeat read all that waits and all that is kept.

-- The time is asked for once.
CREATE OR REPLACE FUNCTION reap() RETURNS void LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
DECLARE t timestamptz := clock_timestamp(); c config; dead uuid; r job; f record;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('semantica fleet reap', 7)) THEN RETURN; END IF;
  SELECT * INTO c FROM config;
  FOR dead IN SELECT node FROM beat WHERE epoch > 0 AND seen <= t - c.lease
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
      AND run_at <= t ORDER BY run_at LIMIT 500 FOR UPDATE SKIP LOCKED) RETURNING need LOOP
    PERFORM pg_notify(channel('q', f.need::text), '');
  END LOOP;
  FOR r IN SELECT * FROM job WHERE state IN (0, 4, 5, 6) AND expires <= t
      LIMIT 500 FOR UPDATE SKIP LOCKED LOOP
    PERFORM end_unreported(r.id, 14, 'ttl');
  END LOOP;
  FOR r IN SELECT * FROM job WHERE state = 3 AND leased_at <= t - c.lost_after
      LIMIT 100 FOR UPDATE SKIP LOCKED LOOP
    PERFORM end_unreported(r.id, 11, 'interrupted');
  END LOOP;
  DELETE FROM job WHERE id IN (SELECT id FROM job WHERE ended_at <= t - c.keep
    ORDER BY ended_at LIMIT 500 FOR UPDATE SKIP LOCKED);
  DELETE FROM need WHERE id IN (SELECT id FROM need n WHERE NOT EXISTS (SELECT FROM job WHERE job.need = n.id)
    LIMIT 100 FOR UPDATE SKIP LOCKED);
  DELETE FROM log_chunk WHERE job IN (SELECT job FROM log_wish
    WHERE until <= t - interval '10 minutes' LIMIT 20);
  DELETE FROM log_wish w WHERE until <= t - interval '10 minutes'
    AND NOT EXISTS (SELECT FROM log_chunk l WHERE l.job = w.job);
END $$;

-- What was chosen is locked, so that it is still waiting, and found by its id alone: asked for its state too, it would be
-- sought among all that wait.
-- {node, epoch, needs: [int], n, needsAfter} → {alive, leases, needs}
CREATE OR REPLACE FUNCTION claim(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
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
      WHERE id = ANY (ARRAY(SELECT id FROM best))
      RETURNING job.*
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'lease', lease, 'fence', fence, 'need', need,
      'restartable', restartable, 'priority', priority, 'envelope', b64(envelope), 'signature', b64(signature),
      'submitterKey', b64(submitter_key), 'payload', b64(payload), 'chunks', chunks) ORDER BY priority DESC, n), '[]')
    INTO got FROM taken;
  RETURN jsonb_build_object('alive', true, 'leases', got, 'needs', needs_after(q));
END $$;

-- The same: by the ids alone; + 0 keeps them from being sought among all that is held.
CREATE OR REPLACE FUNCTION finish_many(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); k bytea; answers jsonb; freed jsonb; r record;
BEGIN
  IF jsonb_array_length(q->'reports') > 500 THEN
    RAISE EXCEPTION 'At most 500 reports may be sent at once.' USING ERRCODE = 'FL005';
  END IF;
  FOR r IN SELECT value->>'state' AS s FROM jsonb_array_elements(q->'reports')
      WHERE (value->>'state')::int NOT IN (10, 11, 12, 14) LIMIT 1 LOOP
    RAISE EXCEPTION 'A machine reports that a job succeeded, failed, was cancelled or expired; % is none of these.', r.s
      USING ERRCODE = 'FL005';
  END LOOP;
  SELECT key INTO k FROM node WHERE id = me;
  WITH said AS MATERIALIZED (
    SELECT n, (e->>'id')::uuid AS id, (e->>'lease')::uuid AS lease, e FROM jsonb_array_elements(q->'reports') WITH ORDINALITY AS x(e, n)
  ), once AS (
    -- What is said twice counts the first time.
    SELECT DISTINCT ON (id, lease) * FROM said ORDER BY id, lease, n
  ), done AS (
    UPDATE job SET state = (o.e->>'state')::int, ended_at = clock_timestamp(), changed = now_xid(),
        report = decode(o.e->>'report', 'base64'), report_signature = decode(o.e->>'signature', 'base64'),
        runner_key = k, tail = decode(o.e->>'tail', 'base64')
      FROM once o WHERE job.id = ANY (ARRAY(SELECT id FROM once)) AND job.id = o.id AND job.node = me AND job.lease = o.lease AND job.state + 0 IN (1, 2, 3)
      RETURNING o.n, job.id, job.lease, job.submitter_key, job.subject, job.chunks
  )
  SELECT coalesce((SELECT jsonb_agg(CASE
        WHEN EXISTS (SELECT FROM done d WHERE d.n = s.n) THEN 'accepted'
        WHEN EXISTS (SELECT FROM done d WHERE d.id = s.id AND d.lease = s.lease)
          OR EXISTS (SELECT FROM job WHERE job.id = s.id AND job.node = me AND job.lease = s.lease AND job.state >= 10)
          THEN 'already'
        ELSE 'refused' END ORDER BY s.n) FROM said s), '[]'),
      (SELECT jsonb_agg(jsonb_build_object('id', id, 'key', encode(submitter_key, 'hex'), 'subject', subject))
        FROM done WHERE subject IS NOT NULL OR chunks > 0)
    INTO answers, freed;
  FOR r IN SELECT (f->>'id')::uuid AS id, decode(f->>'key', 'hex') AS key, f->>'subject' AS subject
      FROM jsonb_array_elements(coalesce(freed, '[]')) f LOOP
    DELETE FROM chunk WHERE job = r.id;
    PERFORM free_subject(r.key, r.subject);
  END LOOP;
  RETURN jsonb_build_object('taken', answers);
END $$;

-- Where older servers count what is switched off as dear, they would compile such a statement: jit. Whoever replaces one
-- of these functions says it again.
DO $$
DECLARE f regprocedure; off text;
BEGIN
  FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'fleet'::regnamespace AND prosecdef LOOP
    FOREACH off IN ARRAY ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'jit'] LOOP
      EXECUTE format('ALTER FUNCTION %s SET %I = off', f, off);
    END LOOP;
  END LOOP;
END $$;
-- The best of a need come in the order of job_waiting.
ALTER FUNCTION claim(jsonb) SET enable_bitmapscan = off;
ALTER FUNCTION claim(jsonb) SET enable_sort = off;
-- Its reports and their jobs are few, and met by a hash.
ALTER FUNCTION finish_many(jsonb) RESET enable_hashjoin;
