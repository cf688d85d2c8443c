-- The console's read model (written only by its projecting loop, exactly once, from every topic) and the gateway's
-- tables. Times are milliseconds of the installation's clock unless a comment says real.

-- The projector's columns are integer arrays; this value stands for "not told".
CREATE FUNCTION console.known(v bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN nullif(v, -9223372036854775808);

-- What a list needs and every event may change: small rows, updated in place (HOT): nothing indexed changes but when a
-- case opens and closes.
-- One status per service, so that facts of different topics commute; the stage is what they say together.
CREATE TABLE console.case_view (
    case_id bigint PRIMARY KEY,
    intake text, dispatch text, evidence text, approval text, payment text, escalation text,
    stage text NOT NULL GENERATED ALWAYS AS (CASE
        WHEN intake = 'closed' THEN 'closed'
        WHEN intake = 'awaiting_satisfaction' THEN 'satisfaction'
        WHEN approval IN ('approved', 'executed') THEN 'payment'
        WHEN approval IN ('offered', 'rejected') THEN 'customer'
        WHEN approval = 'under_review' OR evidence = 'awaiting_file' THEN 'review'
        WHEN approval IN ('planning', 'awaiting_approval') OR evidence = 'concluded' THEN 'approval'
        WHEN evidence = 'investigating' THEN 'investigation'
        WHEN evidence IN ('visit_ordered', 'incomplete') THEN 'visit'
        ELSE 'registered' END) STORED,
    planned_minor bigint, paid_minor bigint,
    opened_ms bigint NOT NULL DEFAULT 0, -- 0: its registration was not read yet
    closed_ms bigint, updated_ms bigint NOT NULL,
    outcome text,
    missed int NOT NULL DEFAULT 0, slips int NOT NULL DEFAULT 0, takeovers int NOT NULL DEFAULT 0
) WITH (fillfactor = 75);
CREATE INDEX case_view_opened ON console.case_view (opened_ms, case_id);
CREATE INDEX case_view_open ON console.case_view (opened_ms, case_id) WHERE closed_ms IS NULL;

-- What was told at registration; changes only by reclassification.
CREATE TABLE console.case_facts (
    case_id bigint PRIMARY KEY,
    case_no text, channel text, kind text, category text, phase text, severity text,
    customer text, phone text, contract_no text, external_ref text, region text,
    claimed_minor bigint, currency text, received_ms bigint, history boolean NOT NULL DEFAULT false
) WITH (fillfactor = 95);
CREATE INDEX case_facts_no ON console.case_facts (case_no);

-- Who has the case: the assignment of the highest version seen.
CREATE TABLE console.case_assignment (
    case_id bigint PRIMARY KEY,
    version bigint NOT NULL,
    org_id text, org_name text, level text, regional_id text,
    handler_id text, handler_name text, manager_id text, visitor_id text
) WITH (fillfactor = 90);
CREATE INDEX case_assignment_org ON console.case_assignment (org_id);

-- Everything that happened, commands of people included. n is given by the one projecting loop, so it grows in commit
-- order: a reader that has seen n misses nothing by asking for more than n. data is the event's JSON as published; our own
-- encoders wrote it, so it is kept as text unchecked and is json for who reads it (timeline).
CREATE TABLE console.entry (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    at_ms bigint NOT NULL,
    type text NOT NULL,
    id text NOT NULL,
    cause text,
    actor text, actor_role text,
    data text NOT NULL
);
CREATE VIEW console.timeline AS SELECT n, case_id, at_ms, type, id, cause, actor, actor_role, data::json AS data FROM console.entry;
CREATE INDEX entry_case ON console.entry (case_id, n);
-- The answers to commands: their ids begin with "cmd." (gateway).
CREATE INDEX entry_answer ON console.entry (cause) WHERE cause LIKE 'cmd.%';

CREATE TABLE console.case_limit (
    case_id bigint NOT NULL,
    code text NOT NULL,
    ver bigint NOT NULL,
    state text NOT NULL,
    start_ms bigint, due_ms bigint, warn_ms bigint,
    warned_ms bigint, fired_ms bigint, ended_ms bigint, late_ms bigint,
    misses int NOT NULL DEFAULT 0,
    ours boolean NOT NULL DEFAULT true, -- false: its miss is the customer's and nobody gets a slip for it
    PRIMARY KEY (case_id, code)
) WITH (fillfactor = 80);
-- Open limits by due time: next deadlines, and what is overdue.
CREATE INDEX case_limit_open ON console.case_limit (due_ms) WHERE ended_ms IS NULL;

CREATE TABLE console.slip (
    slip_no text PRIMARY KEY,
    case_id bigint NOT NULL,
    code text, ver bigint, to_org text, to_person text,
    issued_ms bigint, due_ms bigint, late_ms bigint, withdrawn_ms bigint
);
CREATE INDEX slip_case ON console.slip (case_id);

-- payout_no 0: deducted from the fee the customer still owes.
CREATE TABLE console.payout (
    case_id bigint NOT NULL,
    payout_no bigint NOT NULL,
    state text NOT NULL,
    amount_minor bigint, currency text, payee text, key text, voucher_no text, bank_ref text,
    instructed_ms bigint, ended_ms bigint, reason text,
    PRIMARY KEY (case_id, payout_no)
);

-- Notices to customers, and what became of them. The two stand on different topics: data is null until the notice itself
-- was read. n grows in the order in which notices are committed here, so that a channel that has seen n misses none.
CREATE TABLE console.notice (
    case_id bigint NOT NULL,
    notice_no bigint NOT NULL,
    n bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY,
    id text, kind text, channel text, made_ms bigint,
    data text, -- the event's JSON as published
    result text, how text, answered_by text, answered_ms bigint, reason text,
    open boolean NOT NULL GENERATED ALWAYS AS (data IS NOT NULL AND coalesce(result, '') <> 'delivered') STORED,
    PRIMARY KEY (case_id, notice_no)
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX notice_n ON console.notice (n);
CREATE INDEX notice_channel ON console.notice (channel, n);
CREATE INDEX notice_id ON console.notice (id);
CREATE INDEX notice_open ON console.notice (n) WHERE open;
CREATE INDEX notice_oldest ON console.notice (made_ms) WHERE open;

-- Counters: since the installation was made, per real minute, and money paid.
CREATE TABLE console.total (type text PRIMARY KEY, n bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE console.tally (minute_ms bigint, type text, n bigint NOT NULL, PRIMARY KEY (minute_ms, type)) WITH (fillfactor = 50);
CREATE TABLE console.paid_total (currency text PRIMARY KEY, n bigint NOT NULL, amount_minor bigint NOT NULL) WITH (fillfactor = 50);

-- The last alarm of each kind that sla told of a partition's timers; ended_ms null: it stands.
CREATE TABLE console.alarm (
    partition bigint, kind text,
    since_ms bigint NOT NULL, ended_ms bigint,
    late_ms bigint, -- real
    PRIMARY KEY (partition, kind)
) WITH (fillfactor = 70);

CREATE TABLE console.channel (
    name text PRIMARY KEY,
    kind text NOT NULL,
    source text NOT NULL UNIQUE,
    rate_per_min int NOT NULL,
    key_hash bytea NOT NULL UNIQUE, -- BLAKE2b of the key; the key has 256 random bits
    created_ms bigint NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    last_ms bigint
) WITH (fillfactor = 70);

-- Commands kept, in the transaction of the outbox row that carries them: tells a repeated Idempotency-Key from another
-- body under the same key, and a command not yet answered from one never sent.
CREATE TABLE console.request (
    id text PRIMARY KEY,
    case_id bigint NOT NULL,
    command text NOT NULL,
    fingerprint bigint NOT NULL,
    kept_ms bigint NOT NULL
);

-- A case as the API shows it (openapi.yaml: Case).
CREATE VIEW console.case_row AS
SELECT v.case_id, f.case_no, v.stage,
    json_build_object('intake', v.intake, 'dispatch', v.dispatch, 'evidence', v.evidence, 'approval', v.approval,
        'payment', v.payment, 'escalation', v.escalation) AS status,
    f.channel, f.kind, f.category, f.phase, f.severity, f.customer, f.phone, f.contract_no, f.external_ref, f.region,
    a.org_id, a.org_name, a.level, a.handler_id, a.handler_name,
    f.claimed_minor, v.planned_minor, v.paid_minor, f.currency, f.received_ms, nullif(v.opened_ms, 0) AS opened_ms, v.closed_ms, v.updated_ms,
    v.outcome, f.history, v.missed, v.slips, v.takeovers, d.code AS next_code, d.due_ms AS next_due_ms,
    e.code AS late_code, e.due_ms AS late_due_ms
FROM console.case_view v
LEFT JOIN console.case_facts f USING (case_id)
LEFT JOIN console.case_assignment a USING (case_id)
LEFT JOIN LATERAL (SELECT l.code, l.due_ms FROM console.case_limit l
    WHERE l.case_id = v.case_id AND l.state = 'armed' AND l.ended_ms IS NULL ORDER BY l.due_ms LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT l.code, l.due_ms FROM console.case_limit l
    WHERE l.case_id = v.case_id AND l.state = 'missed' AND l.ended_ms IS NULL AND l.ours AND v.stage <> 'closed'
    ORDER BY l.due_ms LIMIT 1) e ON true;

-- An entry as the API and the stream show it (openapi.yaml: Entry).
CREATE VIEW console.entry_row AS
SELECT t.n, t.case_id, t.type, t.cause, json_strip_nulls(json_build_object('n', t.n, 'at_ms', t.at_ms, 'case_id', t.case_id,
    'case_no', f.case_no, 'service', split_part(t.type, '.', 1), 'type', t.type, 'id', t.id, 'cause', t.cause,
    'actor', t.actor, 'actor_role', t.actor_role, 'data', t.data)) AS entry
FROM console.timeline t LEFT JOIN console.case_facts f USING (case_id);

-- A notice as the API shows it (openapi.yaml: Notice).
CREATE VIEW console.notice_row AS
SELECT n, case_id, channel, open, json_strip_nulls(json_build_object('n', n, 'id', id, 'case_id', case_id, 'made_ms', made_ms,
    'result', result, 'how', how, 'answered_by', answered_by, 'answered_ms', answered_ms, 'reason', reason,
    'notice', data::json)) AS notice
FROM console.notice WHERE data IS NOT NULL;

-- Every stream of every service, and how far each service is behind those it reads (numbered inputs not yet handled).
CREATE VIEW console.stream_row AS
    SELECT 'intake' AS service, partition, topic, dst, out_seq FROM intake.stream
    UNION ALL SELECT 'dispatch' AS service, partition, topic, dst, out_seq FROM dispatch.stream
    UNION ALL SELECT 'evidence' AS service, partition, topic, dst, out_seq FROM evidence.stream
    UNION ALL SELECT 'approval' AS service, partition, topic, dst, out_seq FROM approval.stream
    UNION ALL SELECT 'payment' AS service, partition, topic, dst, out_seq FROM payment.stream
    UNION ALL SELECT 'escalation' AS service, partition, topic, dst, out_seq FROM escalation.stream
    UNION ALL SELECT 'sla' AS service, partition, topic, dst, out_seq FROM sla.stream
    UNION ALL SELECT 'console' AS service, partition, topic, dst, out_seq FROM console.stream;
CREATE VIEW console.service_row AS
SELECT 'intake' AS service, (SELECT count(*) FROM intake.fence) AS partitions,
    (SELECT coalesce(sum(greatest(s.out_seq - e.last_seq, 0)), 0)::int8 FROM intake.edge e JOIN console.stream_row s
        ON s.service = e.service AND s.partition = e.source AND s.topic = e.topic AND s.dst = e.partition) AS lag,
    (SELECT count(*) FROM intake.parked) AS parked
UNION ALL SELECT 'dispatch' AS service, (SELECT count(*) FROM dispatch.fence) AS partitions,
    (SELECT coalesce(sum(greatest(s.out_seq - e.last_seq, 0)), 0)::int8 FROM dispatch.edge e JOIN console.stream_row s
        ON s.service = e.service AND s.partition = e.source AND s.topic = e.topic AND s.dst = e.partition) AS lag,
    (SELECT count(*) FROM dispatch.parked) AS parked
UNION ALL SELECT 'evidence' AS service, (SELECT count(*) FROM evidence.fence) AS partitions,
    (SELECT coalesce(sum(greatest(s.out_seq - e.last_seq, 0)), 0)::int8 FROM evidence.edge e JOIN console.stream_row s
        ON s.service = e.service AND s.partition = e.source AND s.topic = e.topic AND s.dst = e.partition) AS lag,
    (SELECT count(*) FROM evidence.parked) AS parked
UNION ALL SELECT 'approval' AS service, (SELECT count(*) FROM approval.fence) AS partitions,
    (SELECT coalesce(sum(greatest(s.out_seq - e.last_seq, 0)), 0)::int8 FROM approval.edge e JOIN console.stream_row s
        ON s.service = e.service AND s.partition = e.source AND s.topic = e.topic AND s.dst = e.partition) AS lag,
    (SELECT count(*) FROM approval.parked) AS parked
UNION ALL SELECT 'payment' AS service, (SELECT count(*) FROM payment.fence) AS partitions,
    (SELECT coalesce(sum(greatest(s.out_seq - e.last_seq, 0)), 0)::int8 FROM payment.edge e JOIN console.stream_row s
        ON s.service = e.service AND s.partition = e.source AND s.topic = e.topic AND s.dst = e.partition) AS lag,
    (SELECT count(*) FROM payment.parked) AS parked
UNION ALL SELECT 'escalation' AS service, (SELECT count(*) FROM escalation.fence) AS partitions,
    (SELECT coalesce(sum(greatest(s.out_seq - e.last_seq, 0)), 0)::int8 FROM escalation.edge e JOIN console.stream_row s
        ON s.service = e.service AND s.partition = e.source AND s.topic = e.topic AND s.dst = e.partition) AS lag,
    (SELECT count(*) FROM escalation.parked) AS parked
UNION ALL SELECT 'sla' AS service, (SELECT count(*) FROM sla.fence) AS partitions,
    (SELECT coalesce(sum(greatest(s.out_seq - e.last_seq, 0)), 0)::int8 FROM sla.edge e JOIN console.stream_row s
        ON s.service = e.service AND s.partition = e.source AND s.topic = e.topic AND s.dst = e.partition) AS lag,
    (SELECT count(*) FROM sla.parked) AS parked
UNION ALL SELECT 'console' AS service, (SELECT count(*) FROM console.fence) AS partitions,
    (SELECT coalesce(sum(greatest(s.out_seq - e.last_seq, 0)), 0)::int8 FROM console.edge e JOIN console.stream_row s
        ON s.service = e.service AND s.partition = e.source AND s.topic = e.topic AND s.dst = e.partition) AS lag,
    (SELECT count(*) FROM console.parked) AS parked;

-- What is parked in any service.
CREATE VIEW console.parked_row AS
SELECT 'intake' AS service, partition, case_id, n, topic, cause, detail, at_ms, record FROM intake.parked
UNION ALL SELECT 'dispatch' AS service, partition, case_id, n, topic, cause, detail, at_ms, record FROM dispatch.parked
UNION ALL SELECT 'evidence' AS service, partition, case_id, n, topic, cause, detail, at_ms, record FROM evidence.parked
UNION ALL SELECT 'approval' AS service, partition, case_id, n, topic, cause, detail, at_ms, record FROM approval.parked
UNION ALL SELECT 'payment' AS service, partition, case_id, n, topic, cause, detail, at_ms, record FROM payment.parked
UNION ALL SELECT 'escalation' AS service, partition, case_id, n, topic, cause, detail, at_ms, record FROM escalation.parked
UNION ALL SELECT 'sla' AS service, partition, case_id, n, topic, cause, detail, at_ms, record FROM sla.parked
UNION ALL SELECT 'console' AS service, partition, case_id, n, topic, cause, detail, at_ms, record FROM console.parked;

-- The last value told of a member, among these types of event of a case.
CREATE FUNCTION console.last_told(of_case bigint, types text[], member text) RETURNS json LANGUAGE sql STABLE RETURN (
    SELECT t.data->member FROM console.timeline t
    WHERE t.case_id = of_case AND t.type = ANY (types) AND t.data->member IS NOT NULL ORDER BY t.n DESC LIMIT 1);

-- openapi.yaml: CaseDetail; null when there is no such case.
CREATE FUNCTION console.case_detail(of_case bigint) RETURNS text LANGUAGE sql STABLE RETURN (
    SELECT (to_jsonb(r) || jsonb_build_object(
        'manager_id', a.manager_id, 'visitor_id', a.visitor_id, 'regional_id', a.regional_id,
        'description', console.last_told(of_case, '{intake.registered}', 'description'),
        'remedy_sought', console.last_told(of_case, '{intake.registered}', 'remedy_sought'),
        'brief', console.last_told(of_case, '{intake.registered,intake.reclassified}', 'brief'),
        'finding', console.last_told(of_case, '{evidence.investigation_concluded}', 'finding'),
        'plan', console.last_told(of_case, '{approval.plan_proposed,approval.requested,approval.offered}', 'plan'),
        'proposer_id', console.last_told(of_case, '{approval.plan_proposed,approval.requested}', 'proposer_id'),
        'round', console.last_told(of_case, '{approval.plan_proposed,approval.requested,approval.offered}', 'round'),
        'approver_org', console.last_told(of_case, '{approval.requested}', 'org_id'),
        'approver_role', console.last_told(of_case, '{approval.requested}', 'approver_role'),
        'missing', (SELECT t.data->'missing' FROM console.timeline t WHERE t.case_id = of_case AND t.type IN ('intake.registered',
            'intake.materials_requested', 'intake.materials_completed', 'evidence.package_incomplete', 'evidence.package_complete')
            ORDER BY t.n DESC LIMIT 1),
        'limits', coalesce((SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(l) - 'case_id') ORDER BY l.start_ms, l.code)
            FROM console.case_limit l WHERE l.case_id = of_case), '[]'),
        'slip_list', coalesce((SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(s) - 'case_id') ORDER BY s.issued_ms, s.slip_no)
            FROM console.slip s WHERE s.case_id = of_case), '[]'),
        'payouts', coalesce((SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(p) - 'case_id') ORDER BY p.payout_no)
            FROM console.payout p WHERE p.case_id = of_case), '[]'),
        'notices', coalesce((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('notice_no', m.notice_no, 'id', m.id, 'kind',
            m.kind, 'title', m.data::json->'title', 'made_ms', m.made_ms, 'result', m.result, 'how', m.how, 'answered_by',
            m.answered_by, 'answered_ms', m.answered_ms, 'reason', m.reason)) ORDER BY m.notice_no)
            FROM console.notice m WHERE m.case_id = of_case AND m.data IS NOT NULL), '[]'),
        'parked', (SELECT count(*) FROM console.parked_row k WHERE k.case_id = of_case)))::text
    FROM console.case_row r LEFT JOIN console.case_assignment a USING (case_id) WHERE r.case_id = of_case);

-- Open cases with a limit of ours that is past and unanswered, and since when.
CREATE FUNCTION console.late_cases(now_ms bigint) RETURNS TABLE (case_id bigint, at bigint) LANGUAGE sql STABLE AS $$
    SELECT l.case_id, min(l.due_ms) FROM console.case_limit l JOIN console.case_view v USING (case_id)
    WHERE l.ended_ms IS NULL AND l.ours AND v.stage <> 'closed' AND (l.state = 'missed' OR (l.state = 'armed' AND l.due_ms < now_ms))
    GROUP BY l.case_id $$;

-- openapi.yaml: Board, without the clock.
CREATE FUNCTION console.board(real_ms bigint, now_ms bigint) RETURNS json LANGUAGE sql STABLE RETURN json_build_object(
    'overdue', (SELECT count(*) FROM console.late_cases(now_ms)),
    'stages', (SELECT coalesce(json_object_agg(stage, n), '{}') FROM (SELECT stage, count(*) AS n FROM console.case_view GROUP BY stage) x),
    'outcomes', (SELECT coalesce(json_object_agg(outcome, n), '{}') FROM (SELECT outcome, count(*) AS n FROM console.case_view
        WHERE outcome IS NOT NULL GROUP BY outcome) x),
    'totals', (SELECT json_build_object(
        'events', coalesce(sum(n) FILTER (WHERE type NOT LIKE 'command.%' AND type <> 'limit.missed'), 0),
        'registered', coalesce(sum(n) FILTER (WHERE type = 'intake.registered'), 0),
        'closed', coalesce(sum(n) FILTER (WHERE type = 'intake.closed'), 0),
        'missed', coalesce(sum(n) FILTER (WHERE type = 'limit.missed'), 0),
        'annulled', coalesce(sum(n) FILTER (WHERE type = 'sla.annulled'), 0),
        'met', coalesce(sum(n) FILTER (WHERE type = 'sla.met'), 0),
        'slips', coalesce(sum(n) FILTER (WHERE type = 'escalation.slip_issued'), 0),
        'takeovers', coalesce(sum(n) FILTER (WHERE type = 'escalation.taken_over'), 0),
        'payouts', coalesce(sum(n) FILTER (WHERE type = 'payment.settled'), 0),
        'approvals', coalesce(sum(n) FILTER (WHERE type IN ('approval.granted', 'approval.decided_alone')), 0),
        'refused_commands', coalesce(sum(n) FILTER (WHERE type LIKE '%.command_refused'), 0)) FROM console.total),
    'paid', (SELECT coalesce(json_agg(p ORDER BY p.n DESC), '[]') FROM console.paid_total p),
    'newest', (SELECT coalesce(max(n), 0) FROM console.timeline),
    'parked', (SELECT count(*) FROM console.parked_row),
    'minutes', (SELECT coalesce(json_agg(m ORDER BY m.at_ms), '[]') FROM (SELECT minute_ms AS at_ms,
        coalesce(sum(n) FILTER (WHERE type NOT LIKE 'command.%' AND type <> 'limit.missed'), 0) AS events,
        coalesce(sum(n) FILTER (WHERE type = 'intake.registered'), 0) AS registered,
        coalesce(sum(n) FILTER (WHERE type = 'intake.closed'), 0) AS closed,
        coalesce(sum(n) FILTER (WHERE type = 'limit.missed'), 0) AS missed
        FROM console.tally WHERE minute_ms > real_ms - 1800000 GROUP BY minute_ms) m));

GRANT SELECT ON console.parked_row, console.notice_row, console.case_row, console.entry_row, console.stream_row, console.service_row TO redress_app;
GRANT SELECT, INSERT, UPDATE ON console.case_view, console.case_facts, console.case_assignment, console.case_limit,
    console.slip, console.payout, console.notice, console.total, console.paid_total, console.alarm, console.channel TO redress_app;
GRANT SELECT ON console.timeline TO redress_app;
GRANT SELECT, INSERT ON console.entry, console.request TO redress_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON console.tally TO redress_app;
