-- {node, reports: [{id, lease, state, report, signature, tail}]} → {taken: [...]}: each as finish says, in one commit.
CREATE FUNCTION finish_many(q jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE r jsonb; answers jsonb := '[]';
BEGIN
  IF jsonb_array_length(q->'reports') > 500 THEN
    RAISE EXCEPTION 'At most 500 reports may be sent at once.' USING ERRCODE = 'FL005';
  END IF;
  FOR r IN SELECT * FROM jsonb_array_elements(q->'reports') LOOP
    answers := answers || (finish(r || jsonb_build_object('node', q->'node'))->'taken');
  END LOOP;
  RETURN jsonb_build_object('taken', answers);
END $$;
REVOKE ALL ON FUNCTION finish_many(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_many(jsonb) TO fleet_work;
