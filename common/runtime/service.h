/* The one service loop: poll → decode → load → decide → save → outbox → commit → produce.
 *
 * A service is data: its pure core, and if it needs them a store (own tables, written in the same fenced
 * transaction) and an adapter (inputs that do not come from Kafka: timers, the bank, HTTP). Its main is
 * `return service_main(&spec, argc, argv);`. Everything exactly-once is in here; a store or an adapter never
 * touches the runtime's tables, never commits, never produces.
 *
 * All hooks run on the loop thread; only host_wake may be called from another. Pointers handed to a hook are
 * valid until it returns, unless said otherwise. A hook returns false with err set only when something broke
 * (database, socket): the loop backs off and composes the batch again, so `resolve` and `save` must derive
 * everything from the database and their arguments, and keep nothing of a batch that did not commit. */
#ifndef REDRESS_RUNTIME_SERVICE_H
#define REDRESS_RUNTIME_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "event/core.h"
#include "runtime/pg.h"
#include "runtime/record.h"
#include "runtime/topics.h"

struct metrics;

/* What a hook may use. */
struct host {
    const char *service;
    int partitions; /* of the installation */
    const struct config *config;
    /* The policy in force; NULL when the installation has none (policy.dir = ""). The loop puts a newer revision here
     * between two batches. Other threads may read it at any time and keep what they read: a revision never changes
     * and lives until every hook is closed. Read it once for one answer, or that mixes two revisions. */
    const struct policy *_Atomic policy;
    const struct clock *clock;
    struct pg *pg;       /* the loop's connection, search_path = the service's schema */
    struct arena *arena; /* the batch's; reset after every batch */
    struct metrics *metrics;
    void *store, *adapter; /* the hooks' own memory, set by their open */
    void *loop;            /* the runtime's */
};
/* Keeps a case's state, so that deciding on it soon need not wait for the database: one that was just read, of a
 * partition this process owns, between two batches or in the transaction just committed (from an adapter's
 * `committed`). One that cannot be understood is left for the batch that needs it. */
void host_adopt(struct host *h, int64_t case_id, int64_t rev, const char *body);
/* Makes the loop look at the adapter now. Thread-safe, callable from any thread between open and close. */
void host_wake(struct host *h);

/* One event this batch emitted. */
struct made {
    enum event_type type;
    const void *data; /* its generated struct; NULL for what the runtime answers itself */
    int64_t seq;
    const char *id; /* "intake.3.1041" */
    const char *json;
};

/* Something to be sent as it is, through the outbox (the console's gateway: inbound messages, commands).
 * The runtime adds the headers seq and stream; key, value and all else is the caller's. */
struct post {
    int topic; /* TOPIC_INBOUND, TOPIC_COMMAND, TOPIC_EXCHANGE, or the service's own: an event, whose
                  ce_id the runtime gives */
    int dst;   /* partition of that topic; of the own topic the input's */
    struct record record;
};

/* An input that no topic brought. Everything it points to must live until the adapter's `committed` (or
 * `revoked` of its partition) has been called for it. */
struct local_input {
    int part; /* the partition whose fence covers it: case_id_partition(case_id) */
    int64_t case_id;
    enum event_type type;    /* event_is_local(type) */
    const void *data;        /* its generated struct */
    const char *id;          /* deterministic: "timer.<case>.<code>.<ver>" */
    int64_t at_ms;           /* the event's own time */
    const struct post *post; /* instead of type/data: nothing to decide, only this to send */
    void *tag;
};

/* One input and what came of it. */
struct change {
    int part;
    const struct input *in;      /* in->data is NULL when nobody decoded it (no core but a command; type not handled) */
    const struct record *record; /* as read from Kafka; NULL for a local input */
    int topic;                   /* where it was read; -1 for a local input */
    int64_t seq;                 /* its number in its stream; 0 for local inputs, inbound and commands */
    const char *correlation_id;
    const struct local_input *local; /* NULL unless local */
    enum verdict verdict;
    bool parked;                /* not decided: it stands in `parked` now */
    const void *before, *after; /* states; the same pointer when nothing changed; NULL without a core */
    const struct made *made;
    int n_made;
};

/* An external event that needs a case. */
struct arrival {
    const struct input *in; /* decoded; case_id is 0 */
    const struct record *record;
    int part;
    int64_t case_id;    /* out: an existing case or a new id of this partition */
    const char *refuse; /* out: instead of a case; a reason code. It is parked alone and dead-lettered */
};

struct store {
    bool (*open)(struct host *h, struct err *e); /* optional */
    void (*close)(struct host *h);               /* optional */
    /* Inbound events only: the partition where the customer's identity is at home (id_home). Pure. */
    int (*home)(struct host *h, const struct input *in);
    /* Inbound events only, all at home and none seen before, in the order they will be decided: gives each a
     * case. Numbers for new cases come from a per-partition counter of the store's own, read here and written in
     * `save` (a parked arrival has used its number too: change.in->case_id). May be called again for the same or
     * fewer arrivals. */
    bool (*resolve)(struct host *h, struct arrival *arrivals, int n, struct err *e);
    /* Adds statements to the batch's transaction. Called once a transaction, also for arrivals that were only
     * skipped; n may be 0. */
    bool (*save)(struct host *h, struct pg_tx *tx, const struct change *changes, int n, struct err *e);
    /* After the commit (in memory caches, live streams). Optional. */
    void (*committed)(struct host *h, const struct change *changes, int n);
};

enum { ADAPTER_NEVER = -1 };

struct adapter {
    bool needs_caught_up; /* an input is taken only when all that stood in the topics at its moment was read (timers) */
    bool (*open)(struct host *h, struct err *e);
    void (*close)(struct host *h);
    /* The partition is mine, with this fence epoch; everything known of it before is void. */
    bool (*assigned)(struct host *h, int part, int64_t epoch, struct err *e);
    void (*revoked)(struct host *h, int part);
    /* When (installation's clock) the partition has its next input; ADAPTER_NEVER: none known. Cheap: called every
     * turn. */
    int64_t (*next)(struct host *h, int part);
    /* Inputs that are due, at most max; how many. What is not committed (fence lost, error) is asked for again. */
    int (*poll)(struct host *h, int part, int64_t now_ms, struct local_input *out, int max);
    /* What it has to tell by itself: inputs with `post`, asked for every turn, also of a partition that is not caught
     * up; at most max. Optional. */
    int (*posts)(struct host *h, int part, int64_t now_ms, struct local_input *out, int max);
    /* Every turn, after the batch: a piece, of a few milliseconds at most, of what makes later inputs quick. True:
     * there is more, do not sleep. Optional. */
    bool (*prepare)(struct host *h, int64_t now_ms);
    /* Every second (real time), on the loop thread. Optional. */
    void (*tick)(struct host *h, int64_t now_ms);
    /* The batch has committed: all its changes, not only the local ones. */
    void (*committed)(struct host *h, const struct change *changes, int n);
};

struct service_spec {
    const char *name;              /* "approval"; also its schema and its topic */
    const struct core *core;       /* NULL: it decides nothing; its store gets every record of `topics` (the console) */
    const struct store *store;     /* NULL: nothing but case_state */
    const struct adapter *adapter; /* NULL: Kafka is the only input */
    const struct config_key *keys; /* the service's own settings, besides the shared ones */
    int n_keys;
    uint64_t topics; /* without a core: bit (1 << enum topic_no) per topic read; inbound and command
                        are read as the service's own stream there (what it posted itself) */
    bool exchange;   /* with a core: also reads the exchange topic */
};

/* Runs until SIGTERM or SIGINT. The process's exit code: 0 clean, 1 setting or start failed, 70 broken invariant. */
int service_main(const struct service_spec *spec, int argc, char **argv);

#endif
