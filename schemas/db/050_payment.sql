-- Payouts and the double-entry ledger (PA-3, PA-4). Written only in payment's fenced transactions.

CREATE TABLE payment.payout (
    case_id       int8 NOT NULL,
    payout_no     int8 NOT NULL,               -- counts up per case, never used again
    partition     int8 NOT NULL,
    key           text NOT NULL UNIQUE,        -- what the bank knows it by
    slip_no       text NOT NULL,
    amount_minor  int8 NOT NULL CHECK (amount_minor > 0),
    currency      text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    payee         text NOT NULL,
    pay_method    text NOT NULL,
    payer_account text NOT NULL,
    state         text NOT NULL CHECK (state IN ('instructed', 'cash_due', 'settled', 'failed', 'halted', 'resolved')),
    paid_minor    int8 CHECK (paid_minor > 0), -- resolved: what really left, by two people's finding
    bank_ref      text,
    reason        text,
    instructed_ms int8 NOT NULL,               -- the installation's clock
    answered_ms   int8,
    payee_name    text,                        -- null: not told
    bank          text CHECK (bank IN ('api', 'files')),  -- the way it goes to the bank, for ever; null: cash
    PRIMARY KEY (case_id, payout_no),
    -- PA-3: of a slip's payouts one is open or paid; another needs the definite end of the one before.
    CONSTRAINT payout_of_a_slip EXCLUDE USING btree (case_id WITH =, slip_no WITH =)
        WHERE (state IN ('instructed', 'cash_due', 'halted', 'settled')) DEFERRABLE INITIALLY DEFERRED
) WITH (fillfactor = 80);
CREATE INDEX payout_open ON payment.payout (partition) WHERE state = 'instructed';

-- One movement: the event payment.<partition>.<seq> and its legs. Nothing here is ever changed or deleted.
CREATE TABLE payment.ledger_txn (
    partition int8 NOT NULL,
    seq       int8 NOT NULL,                   -- of the event
    case_id   int8 NOT NULL,                   -- or the account's id, at its home
    event     text NOT NULL,                   -- 'instructed', 'settled', 'failed', 'deducted', 'recharged', …
    slip_no   text NOT NULL,                   -- or the number of a receipt
    payout_no int8,                            -- null: no bank in it
    at_ms     int8 NOT NULL,                   -- the installation's clock
    PRIMARY KEY (partition, seq),
    UNIQUE NULLS NOT DISTINCT (case_id, slip_no, event, payout_no)
);

CREATE TABLE payment.ledger_entry (
    partition    int8 NOT NULL,
    seq          int8 NOT NULL,
    n            int8 NOT NULL,
    account      text NOT NULL CHECK (account ~ '^[a-z]+:.+'),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor int8 NOT NULL CHECK (amount_minor <> 0),  -- debit positive
    PRIMARY KEY (partition, seq, n),
    FOREIGN KEY (partition, seq) REFERENCES payment.ledger_txn
);
CREATE INDEX ledger_account ON payment.ledger_entry (account, currency);

-- PA-4: at commit every touched transaction has legs that add up to zero in each currency.
CREATE FUNCTION payment.ledger_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) < 2 FROM payment.ledger_entry e WHERE e.partition = NEW.partition AND e.seq = NEW.seq)
       OR EXISTS (SELECT FROM payment.ledger_entry e WHERE e.partition = NEW.partition AND e.seq = NEW.seq
                  GROUP BY e.currency HAVING sum(e.amount_minor) <> 0) THEN
        RAISE EXCEPTION 'ledger transaction payment.%.% does not balance', NEW.partition, NEW.seq
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_txn_balances AFTER INSERT ON payment.ledger_txn
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payment.ledger_check();
CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON payment.ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.n > 1) EXECUTE FUNCTION payment.ledger_check();

CREATE FUNCTION payment.ledger_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is never changed or deleted; correct it by a reversing entry';
END $$;
CREATE TRIGGER ledger_txn_is_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON payment.ledger_txn
    FOR EACH STATEMENT EXECUTE FUNCTION payment.ledger_is_fixed();
CREATE TRIGGER ledger_entry_is_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON payment.ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION payment.ledger_is_fixed();

-- A payout is answered once: whoever answers it finds it in the state it was answered in, or nothing of the
-- transaction stands.
CREATE FUNCTION payment.answer(cases int8[], numbers int8[], froms text[], states text[], refs text[], reasons text[],
                               paid int8[], times int8[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    done int8;
BEGIN
    UPDATE payment.payout p SET state = u.s, bank_ref = u.b, reason = u.r, paid_minor = nullif(u.m, -1),
                                answered_ms = u.t
    FROM unnest(cases, numbers, froms, states, refs, reasons, paid, times) AS u(c, n, f, s, b, r, m, t)
    WHERE p.case_id = u.c AND p.payout_no = u.n AND p.state = u.f;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(cases) THEN
        RAISE EXCEPTION 'a payout is answered that was not open' USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE VIEW payment.balance AS
    SELECT account, currency, sum(amount_minor)::numeric AS amount_minor, count(*) AS entries
    FROM payment.ledger_entry GROUP BY account, currency;

-- All accounts as they stood at an instant, debit positive; the totals of a sound ledger are zero.
CREATE FUNCTION payment.trial_balance(until_ms int8) RETURNS json LANGUAGE sql STABLE RETURN (
    WITH lines AS MATERIALIZED (
        SELECT e.account, e.currency, coalesce(sum(e.amount_minor) FILTER (WHERE e.amount_minor > 0), 0) AS debit_minor,
               coalesce(-sum(e.amount_minor) FILTER (WHERE e.amount_minor < 0), 0) AS credit_minor,
               sum(e.amount_minor) AS balance_minor, count(*) AS entries
        FROM payment.ledger_entry e JOIN payment.ledger_txn t USING (partition, seq)
        WHERE t.at_ms <= until_ms GROUP BY e.account, e.currency)
    SELECT json_build_object(
        'at_ms', until_ms,
        'accounts', coalesce((SELECT json_agg(row_to_json(l) ORDER BY l.account, l.currency) FROM lines l), '[]'),
        'totals', coalesce((SELECT json_agg(json_build_object('currency', c.currency, 'debit_minor', c.debit,
            'credit_minor', c.credit, 'balance_minor', c.balance) ORDER BY c.currency) FROM (SELECT currency,
            sum(debit_minor) AS debit, sum(credit_minor) AS credit, sum(balance_minor) AS balance FROM lines
            GROUP BY currency) c), '[]')));

-- Movements with their legs, newest first: of an account, of a case, or all; before the one the cursor names.
CREATE FUNCTION payment.ledger_page(of_account text, of_case int8, before_ms int8, before_key int8, rows int8)
RETURNS json LANGUAGE sql STABLE RETURN (
    WITH page AS MATERIALIZED (
        SELECT t.*, (t.partition << 40) | t.seq AS key, row_number() OVER
               (ORDER BY t.at_ms DESC, t.partition DESC, t.seq DESC) AS rn
        FROM payment.ledger_txn t
        WHERE (of_case IS NULL OR t.case_id = of_case)
          AND (of_account IS NULL OR EXISTS (SELECT FROM payment.ledger_entry e WHERE e.partition = t.partition
               AND e.seq = t.seq AND e.account = of_account))
          AND (t.at_ms, (t.partition << 40) | t.seq) < (before_ms, before_key)
        ORDER BY t.at_ms DESC, t.partition DESC, t.seq DESC LIMIT rows + 1)
    SELECT json_strip_nulls(json_build_object(
        'items', coalesce((SELECT json_agg(json_build_object('id', format('payment.%s.%s', p.partition, p.seq),
            'at_ms', p.at_ms, 'event', p.event, 'case_id', p.case_id, 'slip_no', p.slip_no, 'payout_no', p.payout_no,
            'entries', (SELECT json_agg(json_build_object('account', e.account, 'currency', e.currency, 'amount_minor',
                e.amount_minor) ORDER BY e.n) FROM payment.ledger_entry e
                WHERE e.partition = p.partition AND e.seq = p.seq)) ORDER BY p.rn) FROM page p WHERE p.rn <= rows), '[]'),
        'next', (SELECT p.at_ms || '.' || p.key FROM page p WHERE p.rn = rows AND (SELECT count(*) FROM page) > rows))));

-- What must be true of the ledger; each line names an offender.
CREATE FUNCTION payment.ledger_offences() RETURNS TABLE (offence text) LANGUAGE sql STABLE AS $$
    SELECT format('%s does not add up to zero: %s', currency, sum(amount_minor)) FROM payment.ledger_entry
    GROUP BY currency HAVING sum(amount_minor) <> 0
    UNION ALL
    SELECT format('payment.%s.%s does not balance in %s: %s', partition, seq, currency, sum(amount_minor))
    FROM payment.ledger_entry GROUP BY partition, seq, currency HAVING sum(amount_minor) <> 0
    UNION ALL
    SELECT format('payment.%s.%s has no legs', t.partition, t.seq) FROM payment.ledger_txn t
    WHERE NOT EXISTS (SELECT FROM payment.ledger_entry e WHERE e.partition = t.partition AND e.seq = t.seq)
    UNION ALL
    SELECT format('%s is below zero: %s %s', account, -amount_minor, currency) FROM payment.balance
    WHERE account LIKE 'deposit:%' AND amount_minor > 0
    UNION ALL
    SELECT format('clearing is %s %s, the open payouts are %s', coalesce(-b.amount, 0), currency, coalesce(o.amount, 0))
    FROM (SELECT currency, sum(amount_minor) AS amount FROM payment.balance WHERE account LIKE 'clearing:%'
          GROUP BY currency) b
    FULL JOIN (SELECT currency, sum(amount_minor) AS amount FROM payment.payout
               WHERE state IN ('instructed', 'cash_due', 'halted') GROUP BY currency) o USING (currency)
    WHERE coalesce(-b.amount, 0) <> coalesce(o.amount, 0)
$$;

CREATE FUNCTION payment.ledger_verify() RETURNS json LANGUAGE sql STABLE RETURN json_build_object(
    'transactions', (SELECT count(*) FROM payment.ledger_txn),
    'entries', (SELECT count(*) FROM payment.ledger_entry),
    'offences', coalesce((SELECT json_agg(offence) FROM payment.ledger_offences()), '[]'));

GRANT SELECT, INSERT ON payment.payout, payment.ledger_txn, payment.ledger_entry TO redress_app;
GRANT UPDATE (state, bank_ref, reason, paid_minor, answered_ms) ON payment.payout TO redress_app;
GRANT SELECT ON payment.balance TO redress_app;
GRANT EXECUTE ON FUNCTION payment.answer TO redress_app;
