-- {node, id, runAt} → {waits}: what nobody has taken waits until then; null: for no time any more. Who asked for it says so.
CREATE FUNCTION delay(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); r job; due timestamptz := at((q->>'runAt')::bigint); st int;
BEGIN
  SELECT * INTO r FROM job WHERE id = (q->>'id')::uuid AND submitter = me FOR UPDATE;
  IF r.id IS NULL OR r.state NOT IN (0, 4, 5, 6) THEN RETURN jsonb_build_object('waits', false); END IF;
  -- Behind its subject, or without its input, it waits for that first.
  st := CASE WHEN r.state IN (5, 6) THEN r.state WHEN due > clock_timestamp() THEN 4 ELSE 0 END;
  UPDATE job SET run_at = due, state = st, changed = now_xid() WHERE id = r.id;
  IF st = 0 AND r.state <> 0 THEN PERFORM pg_notify(channel('q', r.need::text), ''); END IF;
  RETURN jsonb_build_object('waits', true);
END $$;
REVOKE ALL ON FUNCTION delay(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delay(jsonb) TO fleet_submit;
