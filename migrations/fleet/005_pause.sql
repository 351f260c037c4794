-- Pausing what runs, and letting it go on, by a signed order as cancelling is. Who holds it says whether it stands still.
ALTER TABLE job
  ADD COLUMN pause_order     bytea CHECK (length(pause_order) <= 1000),
  ADD COLUMN pause_signature bytea,
  ADD COLUMN pause_key       bytea,
  -- What that order says. Unsigned: no machine acts on it.
  ADD COLUMN pause_wanted    boolean NOT NULL DEFAULT false,
  -- What its machine says, and why it could not.
  ADD COLUMN paused          boolean NOT NULL DEFAULT false,
  ADD COLUMN pause_refusal   text CHECK (length(pause_refusal) <= 200);

-- What comes back while it is to stand still waits for its resuming, as what was paused before anybody took it.
CREATE FUNCTION come_back() RETURNS trigger LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
BEGIN
  IF NEW.pause_wanted THEN
    NEW.state := 4;
    NEW.run_at := at(253370764800000);
  END IF;
  NEW.pause_order := NULL;
  NEW.pause_signature := NULL;
  NEW.pause_key := NULL;
  NEW.pause_wanted := false;
  NEW.paused := false;
  NEW.pause_refusal := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER job_comes_back BEFORE UPDATE OF state ON job FOR EACH ROW
  WHEN (OLD.state IN (1, 2) AND NEW.state = 0 AND (NEW.paused OR NEW.pause_order IS NOT NULL OR NEW.pause_refusal IS NOT NULL))
  EXECUTE FUNCTION come_back();

CREATE OR REPLACE FUNCTION held(me uuid) RETURNS jsonb LANGUAGE sql STABLE SET search_path = fleet, pg_temp AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'lease', lease, 'fence', fence, 'state', state,
      'stop', b64(stop), 'stopSignature', b64(stop_signature), 'stopKey', b64(stop_key),
      'paused', paused, 'pause', b64(pause_order), 'pauseSignature', b64(pause_signature), 'pauseKey', b64(pause_key))
      ORDER BY n), '[]')
    FROM job WHERE node = me AND state IN (1, 2, 3)
$$;

CREATE OR REPLACE FUNCTION shown(j job) RETURNS jsonb LANGUAGE sql STABLE SET search_path = fleet, pg_temp AS $$
  SELECT jsonb_build_object(
    'id', j.id, 'n', j.n, 'title', j.title, 'state', j.state, 'priority', j.priority, 'restartable', j.restartable,
    'fence', j.fence, 'losses', j.losses, 'stopping', j.stop IS NOT NULL, 'reason', j.reason,
    'need', (SELECT spec FROM need WHERE need.id = j.need),
    'node', j.node, 'machine', (SELECT name FROM node WHERE node.id = j.node),
    'submitter', j.submitter, 'from', (SELECT name FROM node WHERE node.id = j.submitter),
    'created', ms(j.created), 'runAt', ms(j.run_at), 'expires', ms(j.expires),
    'leasedAt', ms(j.leased_at), 'begunAt', ms(j.begun_at), 'endedAt', ms(j.ended_at), 'changed', j.changed,
    'paused', j.paused, 'pauseWanted', j.pause_wanted, 'pauseRefusal', j.pause_refusal)
$$;

-- {node, id, wanted, order, signature} → {done: 'ordered' | 'waits' | 'already' | 'forbidden' | 'unknown'}. Who asked for it says so.
CREATE FUNCTION order_pause(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); r job;
BEGIN
  SELECT * INTO r FROM job WHERE id = (q->>'id')::uuid FOR UPDATE;
  IF r.id IS NULL THEN RETURN jsonb_build_object('done', 'unknown'); END IF;
  IF r.submitter IS DISTINCT FROM me THEN RETURN jsonb_build_object('done', 'forbidden'); END IF;
  IF r.state >= 10 THEN RETURN jsonb_build_object('done', 'already'); END IF;
  IF r.state NOT IN (1, 2, 3) THEN RETURN jsonb_build_object('done', 'waits'); END IF;
  UPDATE job SET pause_order = decode(q->>'order', 'base64'), pause_signature = decode(q->>'signature', 'base64'),
    pause_key = (SELECT key FROM node WHERE id = me), pause_wanted = (q->>'wanted')::boolean, pause_refusal = NULL,
    changed = now_xid() WHERE id = r.id;
  PERFORM pg_notify(channel('n', r.node::text), '');
  RETURN jsonb_build_object('done', 'ordered');
END $$;

-- {node, id, lease, paused, refusal} → {}: from the holder.
CREATE FUNCTION tell_paused(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q);
BEGIN
  UPDATE job SET paused = (q->>'paused')::boolean, pause_refusal = left(q->>'refusal', 200),
      pause_wanted = pause_wanted AND q->>'refusal' IS NULL, changed = now_xid()
    WHERE id = (q->>'id')::uuid AND node = me AND lease = (q->>'lease')::uuid AND state IN (1, 2, 3);
  RETURN '{}';
END $$;

REVOKE ALL ON FUNCTION come_back(), order_pause(jsonb), tell_paused(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION order_pause(jsonb) TO fleet_submit;
GRANT EXECUTE ON FUNCTION tell_paused(jsonb) TO fleet_work;
