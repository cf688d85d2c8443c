/* A service "intake" for the runtime's tests: the real core, and the smallest store that gives arrivals cases
 * (every message a case of its own). The database refuses a complaint whose description is "poison" until a row of
 * the service "cure" stands in runtime.subscription; the source "/channels/nobody" is refused by the store. */
#include <string.h>

#include "base/id.h"
#include "event/identity.h"
#include "intake/intake.h"
#include "runtime/service.h"

static int home(struct host *h, const struct input *in)
{
    struct origin from = {.source = in->source, .id = in->id};
    return identity_home(in->type, in->data, &from, h->partitions, h->arena);
}

/* The highest number used in the partition, parked cases included. */
static bool last_case(struct host *h, int part, int64_t *out, struct err *e)
{
    struct pg_args args = PG_ARGS(h->arena);
    pg_arg_int(&args, case_id_make(part, 0));
    pg_arg_int(&args, case_id_make(part + 1, 0));
    struct pg_rows *rows;
    if (!pg_query(h->pg,
                  "SELECT greatest((SELECT max(case_id) FROM case_state WHERE case_id > $1 AND case_id < $2), "
                  "(SELECT max(case_id) FROM parked WHERE case_id > $1 AND case_id < $2), $1)",
                  &args, &rows, e))
        return false;
    *out = pg_int(rows, 0, 0);
    pg_rows_free(rows);
    return true;
}

static bool resolve(struct host *h, struct arrival *arrivals, int n, struct err *e)
{
    int64_t last[64] = {0};
    for (int i = 0; i < n; i++) {
        int part = arrivals[i].part;
        if (strcmp(arrivals[i].in->source, "/channels/nobody") == 0) {
            arrivals[i].refuse = "unknown_channel";
            continue;
        }
        if (last[part] == 0 && !last_case(h, part, &last[part], e)) return false;
        arrivals[i].case_id = ++last[part];
    }
    return true;
}

/* A division by zero (SQLSTATE 22012): bad data, as the database sees it. */
static bool save(struct host *h, struct pg_tx *tx, const struct change *changes, int n, struct err *e)
{
    (void)h;
    (void)e;
    for (int i = 0; i < n; i++) {
        const struct ev_inbound_complaint *c = changes[i].in->data;
        if (changes[i].parked || changes[i].in->type != EV_INBOUND_COMPLAINT || c == NULL) continue;
        if (strcmp(c->description, "poison") != 0) continue;
        pg_tx_add(tx, "SELECT 1 / count(*) FROM runtime.subscription WHERE service = 'cure'", NULL);
    }
    return true;
}

static const struct store store = {.home = home, .resolve = resolve, .save = save};
static const struct service_spec spec = {.name = "intake", .core = &intake_core, .store = &store};

int main(int argc, char **argv) { return service_main(&spec, argc, argv); }
