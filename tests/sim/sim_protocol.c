/* sim_protocol [--histories N] [--seed S] [--effort N] [--only MUTATION] [--no-mutations] [--trace]
 *
 * Runs N histories with no bug planted (all must be clean), then plants each bug of the protocol's list in turn and
 * runs histories until one shows it. A failing history is run again with its trace printed; the same seed always
 * makes the same history. --trace: print the history of --seed (with --only: under that bug) and stop.
 * REDRESS_SIM_HISTORIES in the environment sets N where the call does not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "world.h"

static const struct {
    enum proto_mutation m;
    const char *name;
} mutations[] = {
    {MUTATION_NO_EPOCH_BUMP, "no epoch bump"},
    {MUTATION_READ_BEFORE_BUMP, "positions read before the bump"},
    {MUTATION_FENCE_EPOCH_ONLY, "fence by epoch only"},
    {MUTATION_FENCE_ONE_OF_SEVERAL, "fence checked for one of several partitions"},
    {MUTATION_KEEP_ABORTED_MEMORY, "memory of an aborted batch kept"},
    {MUTATION_UNKNOWN_IS_DONE, "unknown commit taken as done"},
    {MUTATION_UNKNOWN_IS_UNDONE, "unknown commit taken as undone without re-assignment"},
    {MUTATION_PRODUCE_BEFORE_COMMIT, "produce before commit"},
    {MUTATION_BYTES_AT_SENDING, "bytes made at sending"},
    {MUTATION_POSITION_OUTSIDE, "position stored outside the transaction"},
    {MUTATION_NO_SKIP, "no skip of seq <= last_seq"},
    {MUTATION_GAP_ACCEPTED, "gap accepted"},
    {MUTATION_GAP_STOPS, "gap stops the reader"},
    {MUTATION_WANT_UNANSWERED, "want never answered"},
    {MUTATION_NO_IDLE_CHECK, "no idle check"},
    {MUTATION_EDGE_PER_TOPIC, "one last_seq per topic-partition"},
    {MUTATION_RESUME_FROM_ACKS, "resume from what was acknowledged after fatal, nacks kept as answered"},
    {MUTATION_DROP_WHEN_SENT, "outbox dropped when sent"},
    {MUTATION_DROP_BY_AGE, "outbox dropped by age"},
    {MUTATION_CLUSTER_UNNOTICED, "changed cluster unnoticed"},
    {MUTATION_INBOUND_NO_FLUSH, "inbound without flush"},
    {MUTATION_NO_SEEN_AT_HOME, "no seen at home"},
    {MUTATION_PARKED_OUTSIDE, "parked row outside the transaction"},
    {MUTATION_PASSES_PARKED, "event passes its parked case"},
    {MUTATION_REDRIVE_UNFENCED, "redrive without the fence"},
    {MUTATION_TIMER_NO_STATE_GUARD, "timer without state guard"},
    {MUTATION_TIMER_NO_DUE_GUARD, "timer without due guard"},
    {MUTATION_NO_SWEEP, "timer without PostgreSQL sweep"},
    {MUTATION_FIRE_BEFORE_CAUGHT_UP, "fired before the partition was caught up"},
    {MUTATION_MISS_STANDS, "answer in time but read late leaves the miss standing"},
    {MUTATION_CLOCK_BACK, "clock going back"},
    {MUTATION_BANK_EMPTY_IS_FAILED, "bank failed after an empty query"},
};
enum { MUTATIONS = sizeof mutations / sizeof mutations[0] };
_Static_assert(MUTATIONS == MUTATION_COUNT - 1, "every mutation is in the table");

static struct world world;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void replay(uint64_t seed)
{
    world.tracing = true;
    history_run(&world, seed);
    world.tracing = false;
    printf("seed %lu: %s\n", (unsigned long)seed, sim_failed(&world) ? world.violation : "clean");
}

static bool run_backups(uint64_t first, long n)
{
    int stopped = 0;
    for (long i = 0; i < n; i++) {
        struct proto_health h;
        backup_run(&world, first + (uint64_t)i);
        if (sim_failed(&world)) {
            printf("FAILED: restored backup, seed %lu: %s\n", (unsigned long)first + (unsigned long)i, world.violation);
            return false;
        }
        for (int k = 0; k < PROCS; k++) {
            proto_health(world.proc[k].p, world.now, &h);
            stopped += h.stopped >= 0;
        }
    }
    printf("restored backups: %ld, processes with a stopped partition: %d\n", n, stopped);
    return stopped > 0;
}

static bool run_clean(uint64_t first, long histories)
{
    int64_t steps = 0;
    double from = seconds();
    proto_mutation = MUTATION_NONE;
    for (long i = 0; i < histories; i++) {
        history_run(&world, first + (uint64_t)i);
        steps += world.steps;
        if (!sim_failed(&world)) continue;
        uint64_t seed = first + (uint64_t)i;
        replay(seed);
        printf("FAILED: replay with sim_protocol --trace --seed %lu\n", (unsigned long)seed);
        return false;
    }
    printf("clean: %ld histories, %ld steps, %.1f s\n", histories, (long)steps, seconds() - from);
    return true;
}

/* This one only makes things slower, so no history can call it wrong; the contract can. */
static bool shows_in_contract(enum proto_mutation m) { return m == MUTATION_RESUME_FROM_ACKS; }

static bool caught(int k, uint64_t first, long effort)
{
    char why[200] = "holds";
    proto_mutation = mutations[k].m;
    double from = seconds();
    if (shows_in_contract(mutations[k].m)) {
        if (contract_check(why, sizeof why)) effort = 0;
        printf("%s   %-72s by contract: %s\n", effort > 0 ? "caught" : "MISSED", mutations[k].name, why);
        return effort > 0;
    }
    for (long i = 0; i < effort; i++) {
        history_run(&world, first + (uint64_t)i);
        if (!sim_failed(&world)) continue;
        printf("caught   %-72s after %ld (%.1f s): %s\n", mutations[k].name, i + 1, seconds() - from, world.violation);
        return true;
    }
    printf("MISSED   %-72s in %ld histories\n", mutations[k].name, effort);
    return false;
}

static bool run_mutations(const char *only, uint64_t first, long effort)
{
    int tried = 0, found = 0;
    for (int k = 0; k < MUTATIONS; k++) {
        if (only != NULL && strstr(mutations[k].name, only) == NULL) continue;
        tried++;
        found += caught(k, first, effort);
        (void)fflush(stdout);
    }
    proto_mutation = MUTATION_NONE;
    printf("mutations caught: %d/%d\n", found, tried);
    return found == tried;
}

struct options {
    long histories, effort;
    uint64_t seed;
    const char *only;
    bool trace, mutate;
};

static bool parse(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--no-mutations") == 0)
            o->mutate = false;
        else if (strcmp(argv[i], "--trace") == 0)
            o->trace = true;
        else if (strcmp(argv[i], "--histories") == 0)
            o->histories = atol(value), i++;
        else if (strcmp(argv[i], "--seed") == 0)
            o->seed = strtoull(value, NULL, 10), i++;
        else if (strcmp(argv[i], "--effort") == 0)
            o->effort = atol(value), i++;
        else if (strcmp(argv[i], "--only") == 0)
            o->only = value, i++;
        else
            return false;
    }
    return true;
}

static bool run(const struct options *o)
{
    char why[200] = "holds";
    if (o->trace) {
        for (int k = 0; o->only != NULL && k < MUTATIONS; k++)
            if (strstr(mutations[k].name, o->only) != NULL) proto_mutation = mutations[k].m;
        replay(o->seed);
        return !sim_failed(&world);
    }
    bool ok = contract_check(why, sizeof why);
    printf("contract: %s\n", why);
    ok = run_backups(o->seed, 100) && ok;
    ok = run_clean(o->seed, o->histories) && ok;
    return ok && (!o->mutate || run_mutations(o->only, o->seed, o->effort));
}

int main(int argc, char **argv)
{
    const char *histories = getenv("REDRESS_SIM_HISTORIES");
    struct options o = {
        .histories = histories != NULL ? atol(histories) : 3000, .effort = 4000, .seed = 1, .mutate = true};
    if (!parse(argc, argv, &o)) {
        fprintf(stderr, "usage: sim_protocol [--histories N] [--seed S] [--effort N] [--only MUTATION] "
                        "[--no-mutations] [--trace]\n");
        return 2;
    }
    world_init(&world);
    bool ok = run(&o);
    world_close(&world);
    return ok ? 0 : 1;
}
