-- Timers: the truth of what fires when (SL-3). Written only in sla's fenced transactions; Redis holds an index of it.
-- A row is an armed timer. It goes in the transaction of what ends it: its firing (the events and the case's state say
-- when that was, docs/decisions/0026) or the end of its limit.

CREATE TABLE sla.timer (
    case_id   int8 NOT NULL,
    code      text NOT NULL,
    ver       int8 NOT NULL,
    warning   bool NOT NULL,
    id        int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- its name in the index
    partition int8 NOT NULL,
    due       int8 NOT NULL,                      -- ms of the installation's clock
    revision  int8 NOT NULL DEFAULT 1,            -- of the policy: counted by it, or found not to move by it (SL-6)
    UNIQUE (case_id, code, ver, warning)
) WITH (fillfactor = 80, vacuum_truncate = off);   -- giving room back holds up who fires (docs/decisions/0030)
CREATE INDEX timer_due ON sla.timer (partition, due, id);

-- Fires what is armed and due. Each of them must be: a timer that fires twice, or early, leaves nothing standing of
-- the transaction it fires in. Row by row through the index, also where the plan was made while the table was small.
CREATE FUNCTION sla.fire(ids int8[], nows int8[])
RETURNS void LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    done int8;
BEGIN
    DELETE FROM sla.timer t USING generate_subscripts(ids, 1) AS i WHERE t.id = ids[i] AND t.due <= nows[i];
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(ids) THEN
        RAISE EXCEPTION 'a timer fires that is not armed and due' USING ERRCODE = 'check_violation';
    END IF;
END $$;

-- Alarms that were told and are not over (services/sla/timerwatch.h); written in the transaction of their event.
CREATE TABLE sla.alarm (
    partition int8 NOT NULL,
    kind      text NOT NULL,
    since     int8 NOT NULL,
    PRIMARY KEY (partition, kind)
);

GRANT SELECT, INSERT, DELETE ON sla.alarm TO redress_app;
GRANT SELECT, INSERT, DELETE ON sla.timer TO redress_app;
GRANT UPDATE (revision) ON sla.timer TO redress_app;
GRANT EXECUTE ON FUNCTION sla.fire TO redress_app;
