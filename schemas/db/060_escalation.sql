-- Escalation keeps all it knows in its cases' states (001); its slips and takeovers are events.
-- What people look for is the number of a slip.
CREATE VIEW escalation.open_slip AS
    SELECT s.case_id, o->>'slip_no' AS slip_no, o->>'code' AS code, (o->>'ver')::int8 AS ver
    FROM escalation.case_state s CROSS JOIN LATERAL json_array_elements(s.body->'open_slips') AS o;
GRANT SELECT ON escalation.open_slip TO redress_app;
