-- finish_many in one statement for all of them: a row each of what the loop over finish did in five.
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
      FROM once o WHERE job.id = o.id AND job.node = me AND job.lease = o.lease AND job.state IN (1, 2, 3)
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
