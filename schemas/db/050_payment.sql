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
    state         text NOT NULL CHECK (state IN ('instructed', 'settled', 'failed', 'halted')),
    bank_ref      text,
    reason        text,
    instructed_ms int8 NOT NULL,               -- the installation's clock
    answered_ms   int8,
    PRIMARY KEY (case_id, payout_no)
) WITH (fillfactor = 80);
CREATE INDEX payout_open ON payment.payout (partition) WHERE state = 'instructed';

-- One movement: the event payment.<partition>.<seq> and its legs. Nothing here is ever changed or deleted.
CREATE TABLE payment.ledger_txn (
    partition int8 NOT NULL,
    seq       int8 NOT NULL,                   -- of the event
    case_id   int8 NOT NULL,
    event     text NOT NULL,                   -- 'instructed', 'settled', 'failed', 'deducted'
    slip_no   text NOT NULL,
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

-- A payout is answered once: whoever answers it finds it instructed, or nothing of the transaction stands.
CREATE FUNCTION payment.answer(cases int8[], numbers int8[], states text[], refs text[], reasons text[], times int8[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    done int8;
BEGIN
    UPDATE payment.payout p SET state = u.s, bank_ref = u.b, reason = u.r, answered_ms = u.t
    FROM unnest(cases, numbers, states, refs, reasons, times) AS u(c, n, s, b, r, t)
    WHERE p.case_id = u.c AND p.payout_no = u.n AND p.state = 'instructed';
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(cases) THEN
        RAISE EXCEPTION 'a payout is answered that was not open' USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE VIEW payment.balance AS
    SELECT account, currency, sum(amount_minor)::numeric AS amount_minor, count(*) AS entries
    FROM payment.ledger_entry GROUP BY account, currency;

GRANT SELECT, INSERT ON payment.payout, payment.ledger_txn, payment.ledger_entry TO redress_app;
GRANT UPDATE (state, bank_ref, reason, answered_ms) ON payment.payout TO redress_app;
GRANT SELECT ON payment.balance TO redress_app;
GRANT EXECUTE ON FUNCTION payment.answer TO redress_app;
