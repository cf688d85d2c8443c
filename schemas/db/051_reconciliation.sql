-- The bank's statement beside our payouts (PA-3). Written only in payment's fenced transactions, by the owner of the
-- partition where the account "bank:statement" is at home.

-- What the bank has booked, as its statement says it. A line told twice is one line.
CREATE TABLE payment.statement_line (
    bank         text NOT NULL CHECK (bank IN ('api', 'files')),
    bank_ref     text NOT NULL,
    seq          int8 NOT NULL,                -- where it stands in that bank's statement: reading goes on after the highest
    key          text NOT NULL,
    settled      bool NOT NULL,                -- false: refused
    amount_minor int8 NOT NULL,                -- below zero: it came back
    currency     text NOT NULL,
    payee        text,                         -- null: not told
    read_ms      int8 NOT NULL,                -- the installation's clock
    PRIMARY KEY (bank, bank_ref)
);
CREATE INDEX statement_line_key ON payment.statement_line (key);
CREATE INDEX statement_line_seq ON payment.statement_line (bank, seq);
CREATE INDEX statement_line_read ON payment.statement_line (read_ms);
CREATE INDEX payout_instructed ON payment.payout (instructed_ms);

CREATE TABLE payment.reconciliation (
    partition int8 NOT NULL,
    seq       int8 NOT NULL,                   -- of the event payment.reconciled
    day       text NOT NULL,
    read_ms   int8 NOT NULL,
    lines     int8 NOT NULL,
    matched   int8 NOT NULL,
    missing   int8 NOT NULL,
    unknown   int8 NOT NULL,
    differing int8 NOT NULL,
    whole     bool NOT NULL,                   -- false: a long statement that was read on
    PRIMARY KEY (partition, seq)
);

CREATE TABLE payment.discrepancy (
    kind         text NOT NULL CHECK (kind IN ('missing', 'unknown', 'differing', 'unreadable')),
    key          text NOT NULL,
    found_ms     int8 NOT NULL,
    case_id      int8,                         -- null: no payout of ours
    payout_no    int8,
    ours_minor   int8 NOT NULL,
    theirs_minor int8 NOT NULL,
    currency     text NOT NULL,
    bank_ref     text,
    detail       text NOT NULL,
    owner_id     text,                         -- who sees to it; null: nobody of head office could
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ended', 'closed')),
    ended_ms     int8,
    closer_id    text,
    note         text,
    PRIMARY KEY (kind, key, found_ms)
);
CREATE UNIQUE INDEX discrepancy_open ON payment.discrepancy (kind, key) WHERE state = 'open';

-- Every payout of the last 35 days (and those of open work items) with what the bank says of its key, its newest lines
-- included. A payout under way agrees with anything; one answered after the reading began, or after the end of what the
-- statements by files cover (files_ms), cannot be missed yet.
CREATE FUNCTION payment.statement_verdicts(began_ms int8, files_ms int8, banks text[], refs text[], keys text[],
                                           settled int8[], amounts int8[], currencies text[], payees text[])
RETURNS TABLE (verdict text, key text, case_id int8, payout_no int8, ours_minor int8, theirs_minor int8, currency text,
               bank_ref text, detail text) LANGUAGE sql STABLE AS $$
    WITH open_key AS (SELECT d.key FROM payment.discrepancy d WHERE d.state = 'open'),
    line AS (
        SELECT DISTINCT ON (u.bank, u.bank_ref) u.* FROM (
            SELECT l.bank, l.bank_ref, l.key, l.settled, l.amount_minor, l.currency, l.payee
            FROM payment.statement_line l
            WHERE l.read_ms >= began_ms - 35 * 86400000::int8 OR l.key IN (SELECT o.key FROM open_key o)
            UNION ALL
            SELECT n.b, n.r, n.k, n.s = 1, n.a, n.c, n.p
            FROM unnest(banks, refs, keys, settled, amounts, currencies, payees) AS n(b, r, k, s, a, c, p)) u
        ORDER BY u.bank, u.bank_ref),
    theirs AS (
        SELECT l.key, count(*) FILTER (WHERE l.amount_minor > 0) AS n,
               count(*) FILTER (WHERE l.amount_minor < 0) AS back, sum(l.amount_minor)::int8 AS amount,
               min(l.currency) AS currency,
               min(l.payee) AS payee, min(l.bank_ref) AS bank_ref
        FROM line l WHERE l.settled GROUP BY l.key),
    payout AS (
        SELECT p.* FROM payment.payout p WHERE p.instructed_ms >= began_ms - 35 * 86400000::int8
        OR p.key IN (SELECT o.key FROM open_key o) OR p.key IN (SELECT t.key FROM theirs t)),
    ours AS (
        SELECT p.*, CASE WHEN p.state IN ('settled', 'resolved') THEN coalesce(p.paid_minor, p.amount_minor) ELSE 0 END
                    AS paid
        FROM payout p WHERE p.pay_method <> 'cash'),
    pair AS (
        SELECT coalesce(o.key, t.key) AS key, o.case_id, o.payout_no, coalesce(o.paid, 0) AS ours,
               coalesce(t.amount, 0) AS theirs, coalesce(o.currency, t.currency) AS currency, t.bank_ref,
               CASE WHEN o.key IS NULL THEN 'unknown'
                    WHEN o.state = 'instructed' THEN NULL
                    WHEN t.key IS NULL AND o.paid = 0 THEN NULL
                    WHEN t.key IS NULL AND o.answered_ms >=
                         CASE o.bank WHEN 'files' THEN least(files_ms, began_ms) ELSE began_ms END THEN NULL
                    WHEN t.key IS NULL THEN 'missing'
                    WHEN o.state = 'halted' THEN 'halted'
                    WHEN o.state = 'failed' THEN 'refused_by_our_books'
                    WHEN t.back > 0 THEN 'came_back'
                    WHEN t.n > 1 THEN 'booked_more_than_once'
                    WHEN o.paid <> t.amount THEN 'amount_differs'
                    WHEN o.currency <> t.currency THEN 'currency_differs'
                    WHEN o.payee <> t.payee THEN 'payee_differs'
                    ELSE 'matched' END AS detail
        FROM ours o FULL JOIN theirs t ON o.key = t.key)
    SELECT CASE WHEN p.detail IN ('matched', 'missing', 'unknown') THEN p.detail ELSE 'differing' END,
           p.key, p.case_id, p.payout_no, p.ours, p.theirs, p.currency, p.bank_ref, p.detail
    FROM pair p WHERE p.detail IS NOT NULL $$;

-- What is news of it: at most so many findings that are no open work item yet (nor were closed by a person with the
-- same figures), and open ones that agree by now. The counts are of all. Files of the bank that were put aside are
-- findings too, under their names.
CREATE FUNCTION payment.compare_statement(began_ms int8, files_ms int8, banks text[], refs text[], keys text[],
                                          settled int8[], amounts int8[], currencies text[], payees text[],
                                          bad_names text[], bad_whys text[], most_found int8, most_ended int8)
RETURNS TABLE (news text, kind text, key text, case_id int8, payout_no int8, ours_minor int8, theirs_minor int8,
               currency text, bank_ref text, detail text, matched int8, missing int8, unknown int8, differing int8)
LANGUAGE sql STABLE AS $$
    WITH verdict AS MATERIALIZED (SELECT * FROM
        payment.statement_verdicts(began_ms, files_ms, banks, refs, keys, settled, amounts, currencies, payees)),
    off AS (SELECT * FROM verdict v WHERE v.verdict <> 'matched'
            UNION ALL
            SELECT 'unreadable', b.name, NULL, NULL, 0, 0, 'XXX', NULL, b.why
            FROM unnest(bad_names, bad_whys) AS b(name, why)),
    counts AS (
        SELECT count(*) FILTER (WHERE v.verdict = 'matched') AS matched,
               count(*) FILTER (WHERE v.verdict = 'missing') AS missing,
               count(*) FILTER (WHERE v.verdict = 'unknown') AS unknown,
               count(*) FILTER (WHERE v.verdict = 'differing') AS differing FROM verdict v),
    found AS (
        SELECT 'found' AS news, o.* FROM off o
        WHERE NOT EXISTS (SELECT FROM payment.discrepancy d WHERE d.kind = o.verdict AND d.key = o.key
                          AND (d.state = 'open' OR (d.state = 'closed' AND d.ours_minor = o.ours_minor
                                                    AND d.theirs_minor = o.theirs_minor)))
        ORDER BY o.key LIMIT most_found),
    ended AS (
        SELECT 'ended', d.kind, d.key, d.case_id, d.payout_no, d.ours_minor, d.theirs_minor, d.currency, d.bank_ref,
               d.detail
        FROM payment.discrepancy d WHERE d.state = 'open'
        AND NOT EXISTS (SELECT FROM off o WHERE o.verdict = d.kind AND o.key = d.key)
        ORDER BY d.key LIMIT most_ended)
    SELECT n.*, c.* FROM counts c LEFT JOIN (SELECT * FROM found UNION ALL SELECT * FROM ended) n ON true $$;

-- The last comparison, and the work items: the open ones, or all, newest first.
CREATE FUNCTION payment.reconciliation_report(every bool, rows int8) RETURNS json LANGUAGE sql STABLE RETURN
    json_strip_nulls(json_build_object(
        'last', (SELECT json_build_object('day', r.day, 'read_ms', r.read_ms, 'lines', r.lines, 'matched', r.matched,
                 'missing', r.missing, 'unknown', r.unknown, 'differing', r.differing)
                 FROM payment.reconciliation r ORDER BY r.read_ms DESC, r.seq DESC LIMIT 1),
        'open', (SELECT count(*) FROM payment.discrepancy WHERE state = 'open'),
        'items', coalesce((SELECT json_agg(row_to_json(d) ORDER BY d.found_ms DESC, d.key) FROM
                 (SELECT * FROM payment.discrepancy WHERE every OR state = 'open'
                  ORDER BY found_ms DESC, key LIMIT rows) d), '[]')));

GRANT SELECT, INSERT ON payment.statement_line, payment.reconciliation, payment.discrepancy TO redress_app;
GRANT UPDATE (state, ended_ms, closer_id, note) ON payment.discrepancy TO redress_app;
