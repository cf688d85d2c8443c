-- Timers and their cases written straight into sla's tables, while sla is stopped: for tests and benchmarks of firing.
-- A case's serial tells its group. In a group every case has one limit running, evidence.
CREATE SCHEMA planted;

-- n timers of a limit due evenly over span_ms from first_ms on.
CREATE FUNCTION planted.due_as(grp int8, n int8, first_ms int8, span_ms int8, code text) RETURNS void LANGUAGE sql AS $$
    WITH d AS (SELECT (i % 16 << 40) | (grp * 1000000000 + i) AS c, i % 16 AS p, first_ms + i * span_ms / n AS due
               FROM generate_series(0::int8, n - 1) i),
         t AS (INSERT INTO sla.timer (case_id, code, ver, warning, due, partition)
               SELECT c, code, 1, false, due, p FROM d)
    INSERT INTO sla.case_state (case_id, rev, status, body)
    SELECT c, 1, 1, json_build_object('status', 'running', 'misses', 0, 'closed_ms', 0, 'limits', json_build_array(
        json_build_object('code', code, 'ver', 1, 'state', 'armed', 'start_ms', due - 86400000, 'due_ms', due)))
    FROM d;
$$;

CREATE FUNCTION planted.due(grp int8, n int8, first_ms int8, span_ms int8) RETURNS void LANGUAGE sql AS $$
    SELECT planted.due_as(grp, n, first_ms, span_ms, 'evidence')
$$;

-- n timers a month ahead, without cases.
CREATE FUNCTION planted.far(n int8) RETURNS void LANGUAGE sql AS $$
    INSERT INTO sla.timer (case_id, code, ver, warning, due, partition)
    SELECT (i % 16 << 40) | i, 'evidence', 1, false, extract(epoch FROM now())::int8 * 1000 + 2592000000 + i, i % 16
    FROM generate_series(1::int8, n) i;
$$;

-- How late each miss of a group was in ms: from its due to the moment PostgreSQL wrote the commit record of the case's
-- state with the miss (track_commit_timestamp). Negative, or missed by the service's clock before its due: early.
CREATE FUNCTION planted.late(grp int8) RETURNS TABLE (due int8, fired int8, late float8) LANGUAGE sql AS $$
    SELECT due, fired, committed - due
    FROM (SELECT (body #>> '{limits,0,due_ms}')::int8 AS due, (body #>> '{limits,0,fired_ms}')::int8 AS fired,
                 extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS committed
          FROM sla.case_state WHERE rev > 1 AND (case_id & ((1::int8 << 40) - 1)) / 1000000000 = grp) s;
$$;
