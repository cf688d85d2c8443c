/* The ledger's floor: what PostgreSQL takes of the same rows when nothing is decided and nothing checked. */
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "bench.h"
#include "runtime/pg.h"

enum { FLOOR_BATCH = 500 };

static bool insert_batch(struct pg *pg, struct arena *a, int64_t first, struct err *e)
{
    int64_t seq[FLOOR_BATCH], case_id[FLOOR_BATCH];
    const char *slip[FLOOR_BATCH], *account[FLOOR_BATCH];
    for (int i = 0; i < FLOOR_BATCH; i++) {
        seq[i] = first + i;
        case_id[i] = (first + i) % 1000;
        slip[i] = arena_printf(a, "outlet:B-%03lld-R%lld", (long long)case_id[i], (long long)seq[i]);
        account[i] = arena_printf(a, "deposit:B-%03lld", (long long)case_id[i]);
    }
    struct pg_tx tx = PG_TX(a);
    struct pg_args movements = PG_ARGS(a), legs = PG_ARGS(a);
    pg_arg_ints(&movements, seq, FLOOR_BATCH);
    pg_arg_ints(&movements, case_id, FLOOR_BATCH);
    pg_arg_texts(&movements, slip, FLOOR_BATCH);
    pg_tx_add(&tx,
              "INSERT INTO bench.movement SELECT 1, s, c, 'receipt', r, NULL, 1772416800000 FROM "
              "unnest($1::int8[], $2::int8[], $3::text[]) AS u(s, c, r)",
              &movements);
    pg_arg_ints(&legs, seq, FLOOR_BATCH);
    pg_arg_texts(&legs, account, FLOOR_BATCH);
    pg_tx_add(&tx,
              "INSERT INTO bench.leg SELECT 1, s, n, CASE n WHEN 1 THEN 'bank:HO-6222-0001' ELSE a END, 'CNY', "
              "3 - 2 * n FROM unnest($1::int8[], $2::text[]) AS u(s, a), generate_series(1, 2) AS n",
              &legs);
    return pg_tx_run(pg, &tx, e) == PROTO_COMMITTED;
}

bool bench_posting_floor(const struct config *config, int postings, double *rate, struct err *e)
{
    struct pg *pg = pg_new(config, "console");
    struct arena a;
    int64_t done = 0;
    arena_init(&a);
    bool well = pg_connect(pg, e);
    int64_t start = clock_monotonic_us();
    for (; well && done < postings; done += FLOOR_BATCH) {
        well = insert_batch(pg, &a, done, e);
        arena_reset(&a);
    }
    *rate = (double)done / ((double)(clock_monotonic_us() - start) / 1e6);
    arena_deinit(&a);
    pg_free(pg);
    return well;
}
