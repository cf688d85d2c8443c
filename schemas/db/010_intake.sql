-- Intake: whose contact every inbound message is (CH-4), and which matters still take contacts. Written only in
-- intake's fenced transactions.

-- Every accepted inbound message once: the contact it is.
CREATE TABLE intake.contact (
    source    text NOT NULL,                   -- CloudEvents source and id
    event_id  text NOT NULL,
    case_id   int8 NOT NULL,
    ref       text,                            -- the channel's own number of the matter
    at_ms     int8 NOT NULL,                   -- the installation's clock
    PRIMARY KEY (source, event_id)
);
CREATE INDEX contact_case ON intake.contact (case_id);

-- The key by which a case's matter is recognised, while it takes further contacts.
CREATE TABLE intake.matter (
    case_id   int8 PRIMARY KEY,
    matter    text NOT NULL,
    opened_ms int8 NOT NULL,                   -- the installation's clock
    takes     bool NOT NULL DEFAULT true       -- open, or lapsed and reopenable
) WITH (fillfactor = 80);
CREATE INDEX matter_key ON intake.matter (matter) WHERE takes;

-- Serials of case ids, per partition; never reused (IN-2).
CREATE TABLE intake.serial (partition int8 PRIMARY KEY, last int8 NOT NULL) WITH (fillfactor = 20);

GRANT SELECT, INSERT ON intake.contact TO redress_app;
GRANT SELECT, INSERT, UPDATE ON intake.matter, intake.serial TO redress_app;
