-- The runtime's tables: one set per service, in the service's own schema.
--
-- Everything here is written only inside a fenced transaction of the partition's owner (docs/ARCHITECTURE.md);
-- the CLI and the console read, never write. The roles redress_owner (runs this) and redress_app exist already.

CREATE SCHEMA runtime;

-- What every batch changes for a partition stands in one row, `fence`: also the numbers of the service's own stream and
-- how far it has read the other services' own topics. The tables stream_base and edge_base hold the other streams, and
-- the registrations and wants of all edges; the views `stream` and `edge` show both together.
CREATE FUNCTION runtime.make_service(name text) RETURNS void LANGUAGE plpgsql AS $make$
BEGIN
    EXECUTE format($sql$
        CREATE TABLE %1$I.fence (
            partition int8 PRIMARY KEY,
            epoch     int8 NOT NULL,            -- who owns the partition
            txn       int8 NOT NULL,            -- transactions so far
            clock     int8 NOT NULL,            -- latest time used (ms of the installation's clock)
            cluster   text NOT NULL DEFAULT '', -- Kafka cluster id; '' = never set
            own_seq   int8 NOT NULL DEFAULT 0,  -- own topic: last number given
            own_floor int8 NOT NULL DEFAULT 0,  -- own topic: rows <= own_floor have been dropped from the outbox
            taken     int8[] NOT NULL DEFAULT '{0,0,0,0,0,0,0,0}' -- last taken of each service's own topic (edge_base.slot)
        ) WITH (fillfactor = 10);

        CREATE TABLE %1$I.stream_base (         -- a stream this service writes, but for its own topic
            partition int8 NOT NULL,            -- source partition
            topic     text NOT NULL,
            dst       int8 NOT NULL,            -- destination partition
            out_seq   int8 NOT NULL,            -- last number given
            floor     int8 NOT NULL DEFAULT 0,  -- rows <= floor have been dropped from the outbox
            PRIMARY KEY (partition, topic, dst)
        ) WITH (fillfactor = 20);

        CREATE TABLE %1$I.outbox (
            partition int8 NOT NULL,
            topic     text NOT NULL,
            dst       int8 NOT NULL,
            first_seq int8 NOT NULL,
            last_seq  int8 NOT NULL,
            made_ms   int8 NOT NULL,            -- real time, for retention
            bytes     bytea NOT NULL,           -- complete records, lz4
            PRIMARY KEY (partition, topic, dst, first_seq)
        ) WITH (vacuum_truncate = off, toast.vacuum_truncate = off); -- its room is used again (docs/decisions/0030)
        ALTER TABLE %1$I.outbox ALTER COLUMN bytes SET STORAGE EXTERNAL;

        CREATE TABLE %1$I.input (
            partition   int8 NOT NULL,
            topic       text NOT NULL,
            next_offset int8 NOT NULL,          -- where to read next
            mark        int8 NOT NULL DEFAULT 0,-- crc32 of the record before it; topics without seq only
            PRIMARY KEY (partition, topic)
        ) WITH (fillfactor = 20);

        CREATE TABLE %1$I.edge_base (           -- a stream this service reads
            partition int8 NOT NULL,            -- destination partition, mine
            topic     text NOT NULL,
            service   text NOT NULL,            -- the writer
            source    int8 NOT NULL,            -- its partition
            slot      int8 NOT NULL DEFAULT 0,  -- > 0: last taken is at least fence.taken[slot]
            last_seq  int8 NOT NULL,            -- last taken
            want      int8,                     -- the number lacking
            want_n    int8 NOT NULL DEFAULT 0,  -- which asking
            PRIMARY KEY (partition, topic, service, source)
        ) WITH (fillfactor = 20);

        CREATE VIEW %1$I.stream AS
            SELECT partition, 'redress.%1$s.v1' AS topic, partition AS dst, own_seq AS out_seq, own_floor AS floor
            FROM %1$I.fence WHERE own_seq > 0
            UNION ALL SELECT partition, topic, dst, out_seq, floor FROM %1$I.stream_base;

        CREATE VIEW %1$I.edge AS
            SELECT e.partition, e.topic, e.service, e.source, e.want, e.want_n,
                CASE WHEN e.slot > 0 THEN greatest(e.last_seq, f.taken[e.slot]) ELSE e.last_seq END AS last_seq
            FROM %1$I.edge_base e JOIN %1$I.fence f ON f.partition = e.partition;

        CREATE TABLE %1$I.seen (                -- external events and commands judged
            partition int8 NOT NULL,
            source    text NOT NULL,
            id        text NOT NULL,
            at_ms     int8 NOT NULL,            -- real time, for retention
            PRIMARY KEY (partition, source, id)
        );
        CREATE INDEX seen_at ON %1$I.seen USING brin (at_ms);

        CREATE TABLE %1$I.parked (
            partition int8 NOT NULL,
            case_id   int8 NOT NULL,            -- 0: no case known, parked alone
            n         int8 NOT NULL,            -- order within the case
            topic     text NOT NULL,            -- where it was read; '' = a local input
            cause     text NOT NULL,            -- reason code; 'behind' = the case was parked already
            detail    text NOT NULL DEFAULT '',
            at_ms     int8 NOT NULL,            -- the installation's clock
            record    bytea NOT NULL,           -- the whole record, encoded
            PRIMARY KEY (partition, case_id, n)
        );

        CREATE TABLE %1$I.discarded (           -- parked inputs a person set aside, as they were
            LIKE %1$I.parked,
            discarded_ms int8 NOT NULL,         -- the installation's clock
            actor     text NOT NULL,
            reason    text NOT NULL,
            PRIMARY KEY (partition, case_id, n, discarded_ms)
        );

        CREATE TABLE %1$I.case_state (
            case_id int8 PRIMARY KEY,
            rev     int8 NOT NULL,              -- changes so far
            status  int2 NOT NULL,
            body    json COMPRESSION lz4 NOT NULL -- read whole, written often: kept as text, in the row
        ) WITH (fillfactor = 70);
        ALTER TABLE %1$I.case_state ALTER COLUMN body SET STORAGE MAIN;

        -- Raises RF001 when a partition is not owned with this epoch, or memory is stale (txn). took: eight numbers for
        -- each partition, 0 = nothing new; numbers never go back. Two owners cannot deadlock: the partitions are given
        -- in ascending order, and with these settings there is no plan but one that takes them so (docs/decisions/0026).
        -- Numbers are taken from their arrays by their place: an unnest of each costs more than the row (0030).
        CREATE FUNCTION %1$I.fence(parts int8[], epochs int8[], txns int8[], clocks int8[], clusters text[],
                                   seqs int8[], floors int8[], took int8[])
        RETURNS void LANGUAGE plpgsql
        SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
        AS $body$
        DECLARE done int8;
        BEGIN
            UPDATE %1$I.fence f SET txn = f.txn + 1, clock = clocks[i], cluster = coalesce(clusters[i], f.cluster),
                own_seq = greatest(f.own_seq, seqs[i]), own_floor = greatest(f.own_floor, floors[i]),
                taken = ARRAY[greatest(taken[1], took[i*8-7]), greatest(taken[2], took[i*8-6]),
                              greatest(taken[3], took[i*8-5]), greatest(taken[4], took[i*8-4]),
                              greatest(taken[5], took[i*8-3]), greatest(taken[6], took[i*8-2]),
                              greatest(taken[7], took[i*8-1]), greatest(taken[8], took[i*8])]
            FROM generate_subscripts(parts, 1) AS i
            WHERE f.partition = parts[i] AND f.epoch = epochs[i] AND f.txn = txns[i];
            GET DIAGNOSTICS done = ROW_COUNT;
            IF done <> cardinality(parts) THEN
                RAISE EXCEPTION 'fenced: %% of %% partitions', cardinality(parts) - done, cardinality(parts)
                    USING ERRCODE = 'RF001';
            END IF;
        END $body$;

        -- New states of cases that have one. Each must follow the one that is there: a state that was decided from
        -- another, or whose row is gone, leaves nothing standing of its transaction. Row by row through the index, also
        -- where the plan was made while the table was small.
        CREATE FUNCTION %1$I.save_states(ids int8[], revs int8[], statuses int8[], bodies text[])
        RETURNS void LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off AS $body$
        DECLARE done int8;
        BEGIN
            UPDATE %1$I.case_state s SET rev = revs[u.i], status = statuses[u.i]::int2, body = u.body::json
            FROM unnest(bodies) WITH ORDINALITY AS u(body, i)
            WHERE s.case_id = ids[u.i] AND s.rev = revs[u.i] - 1;
            GET DIAGNOSTICS done = ROW_COUNT;
            IF done <> cardinality(ids) THEN
                RAISE EXCEPTION 'a state does not follow the one that is there' USING ERRCODE = 'check_violation';
            END IF;
        END $body$;

        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %1$I TO redress_app;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %1$I TO redress_app;
    $sql$, name);
END $make$;

DO $$
DECLARE s text;
BEGIN
    FOREACH s IN ARRAY ARRAY['intake','dispatch','evidence','approval','payment','escalation','sla','console'] LOOP
        PERFORM runtime.make_service(s);
    END LOOP;
END $$;

-- Which service reads which topic, written by each service at its start. Until every service has started once,
-- nothing is dropped from any outbox: one that has not read yet has no edges to hold its events back.
CREATE TABLE runtime.subscription (
    service text NOT NULL,
    topic   text NOT NULL,
    PRIMARY KEY (service, topic)
);

-- All edges and all streams of the installation, read-only: what a writer and a reader ask about each other.
DO $$
DECLARE
    edges text := '';
    streams text := '';
    s text;
BEGIN
    FOREACH s IN ARRAY ARRAY['intake','dispatch','evidence','approval','payment','escalation','sla','console'] LOOP
        edges := edges || format('%s SELECT %L::text AS consumer, partition, topic, service, source, last_seq, want, want_n FROM %I.edge',
                                 CASE WHEN edges = '' THEN '' ELSE ' UNION ALL' END, s, s);
        streams := streams || format('%s SELECT %L::text AS service, partition, topic, dst, out_seq, floor FROM %I.stream',
                                     CASE WHEN streams = '' THEN '' ELSE ' UNION ALL' END, s, s);
    END LOOP;
    EXECUTE 'CREATE VIEW runtime.edges AS ' || edges;
    EXECUTE 'CREATE VIEW runtime.streams AS ' || streams;
END $$;

GRANT USAGE ON SCHEMA runtime TO redress_app;
GRANT SELECT, INSERT ON runtime.subscription TO redress_app;
GRANT SELECT ON runtime.edges, runtime.streams TO redress_app;
