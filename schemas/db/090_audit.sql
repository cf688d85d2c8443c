-- What the audit and people ask across services, read-only.
DO $$
DECLARE
    parts text := '';
    s text;
BEGIN
    FOREACH s IN ARRAY ARRAY['intake','dispatch','evidence','approval','payment','escalation','sla'] LOOP
        parts := parts || format('%s SELECT %L::text AS service, case_id, count(*) AS inputs FROM %I.parked WHERE case_id <> 0 GROUP BY case_id',
                                 CASE WHEN parts = '' THEN '' ELSE ' UNION ALL' END, s, s);
    END LOOP;
    EXECUTE 'CREATE VIEW runtime.parked_cases AS ' || parts;
END $$;
GRANT SELECT ON runtime.parked_cases TO redress_app;
