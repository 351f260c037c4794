-- {node, id} → {withdrawn}: a job goes back to who asked for it, if nobody has taken it. Asked again it answers the same.
CREATE FUNCTION withdraw(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE me uuid := speaker(q); r job;
BEGIN
  SELECT * INTO r FROM job WHERE id = (q->>'id')::uuid AND submitter = me FOR UPDATE;
  IF r.state IN (0, 4, 5, 6) THEN
    PERFORM end_unreported(r.id, 13, 'moved');
    RETURN jsonb_build_object('withdrawn', true);
  END IF;
  RETURN jsonb_build_object('withdrawn', coalesce(r.state = 13 AND r.reason = 'moved', false));
END $$;
REVOKE ALL ON FUNCTION withdraw(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION withdraw(jsonb) TO fleet_submit;
