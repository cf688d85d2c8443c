/* SL-3: the timer store against a real Redis that is wiped, restarted, frozen, restored and fought
 * over. Whatever happens, the caller is told, in bounded time, and a rebuild makes it whole. */
#include "base/clock.h"
#include "redis_kit.h"
#include "sla/timerstore.h"

enum { P = 3, MANY = 200000 };

static struct redis_kit kit;
static struct ts *ts;

/* A busy machine may be slow to answer; only the tests of time itself use the store's own timeout. */
static struct ts *open_with_timeout(int timeout_ms)
{
    return ts_open(&(struct ts_config){.host = "127.0.0.1",
                                       .port = atoi(kit.port),
                                       .password = REDIS_KIT_PASSWORD,
                                       .db = 1,
                                       .partitions = 16,
                                       .timeout_ms = timeout_ms});
}

static struct ts *open_store(void) { return open_with_timeout(2000); }

static void use_own_timeout(void)
{
    ts_close(ts);
    ts = open_with_timeout(0);
}

static void setup(void)
{
    redis_kit_start(&kit);
    ts = open_store();
}
static void teardown(void)
{
    ts_close(ts);
    redis_kit_end(&kit);
}
TestSuite(timerstore, .init = setup, .fini = teardown, .timeout = 60);

#define IS(call, expected)                                                                                             \
    do {                                                                                                               \
        enum ts_result is_got = (call);                                                                                \
        cr_assert_eq(is_got, expected, "%s is %s (%s)", #call, ts_result_name(is_got), ts_error(ts));                  \
    } while (0)

static enum ts_result put_one(struct ts *t, int64_t id, int64_t due_ms)
{
    return ts_put(t, P, &(struct ts_timer){id, due_ms}, 1, NULL);
}

/* Ids first .. first + n - 1, due step ms apart; all of them, however many calls that takes. */
static void put_range(int64_t first, int n, int64_t due_ms, int64_t step_ms)
{
    struct ts_timer *t = calloc((size_t)n, sizeof *t);
    for (int i = 0; i < n; i++) t[i] = (struct ts_timer){first + i, due_ms + i * step_ms};
    for (int done = 0, more, tries = 0; done < n; done += more, tries++) {
        enum ts_result r = ts_put(ts, P, t + done, n - done, &more);
        cr_assert(r == TS_OK || r == TS_UNREACHABLE, "%s", ts_result_name(r));
        cr_assert_lt(tries, 1000, "%s", ts_error(ts));
        if (r == TS_UNREACHABLE) usleep(10000); /* a slow moment of the machine */
    }
    free(t);
}

static int64_t ids[TS_CHUNK];

static int claim(int64_t now_ms, int max)
{
    int n = -1;
    IS(ts_claim(ts, P, &(struct ts_claim){.now_ms = now_ms, .lease_ms = 5000, .fresh_ms = 1000, .max = max}, ids, &n),
       TS_OK);
    return n;
}

static int64_t pending(void)
{
    struct ts_stat s;
    IS(ts_stat(ts, P, &s), TS_OK);
    return s.pending;
}

/* ---- Ordinary days ---- */

Test(timerstore, SL_3_what_is_due_is_claimed_once_and_nothing_early)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    cr_assert_eq(ts_next(ts), TS_NONE);
    IS(put_one(ts, 30, 3000), TS_OK);
    IS(put_one(ts, -10, 1000), TS_OK);
    IS(put_one(ts, 20, 2000), TS_OK);
    cr_assert_eq(ts_next(ts), 1000);
    cr_assert_eq(claim(999, 10), 0);
    cr_assert_eq(claim(2000, 10), 2);
    cr_assert_eq(ids[0], -10);
    cr_assert_eq(ids[1], 20);
    cr_assert_eq(claim(2000, 10), 0);
    cr_assert_eq(ts_next(ts), 3000);
    IS(ts_ack(ts, P, ids, 2), TS_OK);
    struct ts_stat s;
    IS(ts_stat(ts, P, &s), TS_OK);
    cr_assert_eq(s.pending, 1);
    cr_assert_eq(s.leased, 0);
    cr_assert_eq(s.head_ms, 3000);
}

Test(timerstore, SL_6_a_timer_moves_and_goes)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    IS(put_one(ts, 1, 1000), TS_OK);
    IS(put_one(ts, 1, 9000), TS_OK);
    cr_assert_eq(pending(), 1);
    cr_assert_eq(ts_head(ts, P), 9000);
    IS(ts_del(ts, P, (int64_t[]){1}, 1, NULL), TS_OK);
    cr_assert_eq(ts_head(ts, P), TS_NONE);
    cr_assert_eq(claim(10000, 10), 0);
}

Test(timerstore, SL_3_a_lease_that_ends_gives_back)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 3, 1000, 0);
    cr_assert_eq(claim(1000, 10), 3);
    IS(ts_ack(ts, P, (int64_t[]){1}, 1), TS_OK);
    IS(put_one(ts, 2, 90000), TS_OK); /* moved on while it was leased */
    int n;
    IS(ts_reclaim(ts, P, 5999, &n), TS_OK);
    cr_assert_eq(n, 0);
    IS(ts_reclaim(ts, P, 6000, &n), TS_OK);
    cr_assert_eq(n, 2);
    cr_assert_eq(claim(6000, 10), 1);
    cr_assert_eq(ids[0], 3);
    cr_assert_eq(ts_head(ts, P), 90000);
}

Test(timerstore, SL_3_a_backlog_starves_nobody)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 5000, 1000, 0);
    put_range(100001, 10, 99500, 1);
    int fresh = 0;
    cr_assert_eq(claim(100000, TS_CHUNK), TS_CHUNK);
    for (int i = 0; i < TS_CHUNK; i++) fresh += ids[i] > 100000;
    cr_assert_eq(fresh, 10, "all that falls due now is in the first claim");
    put_range(200001, 5000, 99500, 0);
    int old = 0;
    cr_assert_eq(claim(100000, TS_CHUNK), TS_CHUNK);
    for (int i = 0; i < TS_CHUNK; i++) old += ids[i] <= 5000;
    cr_assert_eq(old, TS_CHUNK / 4, "and the backlog keeps its quarter");
    int rest = 0;
    for (int n; (n = claim(100000, TS_CHUNK)) > 0;) rest += n;
    cr_assert_eq(rest, 10010 - 2 * TS_CHUNK);
}

Test(timerstore, SL_3_partitions_are_apart)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    IS(ts_assign(ts, P + 1, 9), TS_OK);
    IS(put_one(ts, 1, 1000), TS_OK);
    IS(ts_put(ts, P + 1, &(struct ts_timer){2, 500}, 1, NULL), TS_OK);
    cr_assert_eq(ts_next(ts), 500);
    cr_assert_eq(claim(2000, 10), 1);
    cr_assert_eq(ids[0], 1);
    ts_release(ts, P + 1);
    cr_assert_eq(ts_next(ts), TS_NONE);
    IS(ts_put(ts, P + 1, &(struct ts_timer){3, 500}, 1, NULL), TS_STALE);
}

/* ---- Owners ---- */

Test(timerstore, SL_3_a_zombie_can_do_nothing)
{
    struct ts *later = open_store();
    int n;
    IS(ts_assign(ts, P, 5), TS_OK);
    IS(put_one(ts, 1, 1000), TS_OK);
    IS(ts_assign(later, P, 6), TS_OK);
    IS(put_one(later, 2, 1000), TS_OK);
    IS(put_one(ts, 3, 1000), TS_REFUSED);
    IS(ts_del(ts, P, (int64_t[]){2}, 1, NULL), TS_REFUSED);
    IS(ts_ack(ts, P, (int64_t[]){2}, 1), TS_REFUSED);
    IS(ts_reclaim(ts, P, 90000, &n), TS_REFUSED);
    IS(ts_claim(ts, P, &(struct ts_claim){.now_ms = 9000, .max = 10}, ids, &n), TS_REFUSED);
    cr_assert_eq(n, 0);
    IS(ts_assign(ts, P, 5), TS_REFUSED);
    struct ts_stat s;
    IS(ts_stat(later, P, &s), TS_OK);
    cr_assert_eq(s.pending, 1, "the old owner's timer went with the assignment, the new one's stands");
    ts_close(later);
}

/* A wiped store knows no owner; the zombie may come first, but the owner takes it back. */
Test(timerstore, SL_3_a_zombie_in_a_wiped_store_is_thrown_out)
{
    struct ts *later = open_store();
    IS(ts_assign(later, P, 6), TS_OK);
    redis_kit_do(&kit, "FLUSHALL");
    IS(ts_assign(ts, P, 5), TS_OK);
    IS(put_one(later, 2, 1000), TS_STALE);
    IS(ts_assign(later, P, 6), TS_OK);
    IS(put_one(later, 2, 1000), TS_OK);
    IS(put_one(ts, 1, 1000), TS_REFUSED);
    ts_close(later);
}

/* ---- Losses ---- */

static void expect_stale_then_rebuild(void)
{
    int n;
    IS(ts_claim(ts, P, &(struct ts_claim){.now_ms = 9000, .max = 10}, ids, &n), TS_STALE);
    IS(put_one(ts, 7, 1000), TS_STALE);
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 1000, 1000, 1);
    cr_assert_eq(pending(), 1000);
}

Test(timerstore, SL_3_a_wiped_store_is_found_out)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 1000, 1000, 1);
    redis_kit_do(&kit, "FLUSHALL");
    expect_stale_then_rebuild();
}

/* Calls until the link is up again: the first fails, a pause follows. */
static enum ts_result put_until_reached(int64_t id)
{
    enum ts_result r;
    for (int i = 0; (r = put_one(ts, id, 1000)) == TS_UNREACHABLE && i < 400; i++) usleep(10000);
    return r;
}

Test(timerstore, SL_3_a_restarted_empty_store_is_found_out)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 1000, 1000, 1);
    redis_kit_kill(&kit);
    IS(put_one(ts, 2000, 1000), TS_UNREACHABLE);
    cr_assert_neq(ts_error(ts)[0], '\0');
    redis_kit_start(&kit);
    IS(put_until_reached(2000), TS_STALE);
    expect_stale_then_rebuild();
}

Test(timerstore, SL_3_a_store_that_kept_everything_goes_on)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 1000, 1000, 1);
    redis_kit_do(&kit, "SAVE");
    redis_kit_kill(&kit);
    redis_kit_start(&kit);
    IS(put_until_reached(2000), TS_OK);
    cr_assert_eq(pending(), 1001);
}

Test(timerstore, SL_3_a_lost_tail_is_found_out)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 1000, 1000, 1);
    redis_kit_do(&kit, "SAVE");
    IS(put_one(ts, 1001, 1000), TS_OK);
    redis_kit_kill(&kit);
    redis_kit_start(&kit); /* without the last write */
    IS(put_until_reached(2000), TS_STALE);
    expect_stale_then_rebuild();
}

/* The snapshot has the same owner and, by chance, the same number of writes. */
Test(timerstore, SL_3_an_old_snapshot_never_passes_for_the_present)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    IS(put_one(ts, 1, 1000), TS_OK);
    redis_kit_do(&kit, "SAVE");
    IS(ts_assign(ts, P, 5), TS_OK);
    IS(put_one(ts, 2, 1000), TS_OK);
    redis_kit_kill(&kit);
    redis_kit_start(&kit);
    IS(put_until_reached(3), TS_STALE);
}

Test(timerstore, SL_3_a_forgotten_script_is_taught_again)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    redis_kit_do(&kit, "SCRIPT FLUSH");
    IS(put_one(ts, 1, 1000), TS_OK);
    redis_kit_do(&kit, "SCRIPT FLUSH");
    put_range(10, 3000, 1000, 0);
    redis_kit_do(&kit, "SCRIPT FLUSH");
    cr_assert_eq(claim(1000, 1), 1);
    cr_assert_eq(pending(), 3000);
}

/* ---- A claim in two steps ---- */

static const struct ts_claim ASK = {.now_ms = 2000, .lease_ms = 5000, .fresh_ms = 1000, .max = 10};

Test(timerstore, SL_3_calls_between_asking_and_the_answer_are_in_order)
{
    int n;
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 4, 1000, 1000);
    IS(ts_answer(ts, ids, &n), TS_STALE);
    IS(ts_ask(ts, P, &ASK), TS_OK);
    IS(ts_ask(ts, P, &ASK), TS_STALE);
    cr_assert_eq(pending(), 2);
    IS(put_one(ts, 9, 1500), TS_OK); /* too late for the claim */
    IS(ts_del(ts, P, (int64_t[]){4}, 1, NULL), TS_OK);
    IS(ts_answer(ts, ids, &n), TS_OK);
    cr_assert_eq(n, 2);
    cr_assert_eq(ids[0], 1);
    cr_assert_eq(ids[1], 2);
    cr_assert_eq(ts_head(ts, P), 1500);
    cr_assert_eq(pending(), 2);
    cr_assert_eq(claim(2000, 10), 1);
}

Test(timerstore, SL_3_an_answer_may_say_that_the_store_is_gone_or_new)
{
    int n;
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 4, 1000, 0);
    redis_kit_do(&kit, "FLUSHALL");
    IS(ts_ask(ts, P, &ASK), TS_OK);
    IS(ts_answer(ts, ids, &n), TS_STALE);
    cr_assert_eq(n, 0);
    expect_stale_then_rebuild();
    redis_kit_do(&kit, "SCRIPT FLUSH");
    IS(ts_ask(ts, P, &ASK), TS_OK);
    IS(ts_answer(ts, ids, &n), TS_OK);
    cr_assert_eq(n, 0, "nothing was claimed; the next asking finds the script again");
    cr_assert_gt(claim(2000, 1), 0);
    IS(ts_ask(ts, P, &ASK), TS_OK);
    IS(ts_assign(ts, P, 6), TS_OK); /* another owner of the same process: what was asked is of no use to it */
    IS(put_one(ts, 1, 1000), TS_OK);
    IS(ts_answer(ts, ids, &n), TS_OK);
    IS(ts_ask(ts, P, &ASK), TS_OK);
    IS(ts_answer(ts, ids, &n), TS_OK);
    cr_assert_eq(n, 1);
}

Test(timerstore, SL_3_an_answer_that_never_comes_is_not_waited_for)
{
    int n;
    use_own_timeout();
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 10, 1000, 0);
    kill(kit.pid, SIGSTOP);
    IS(ts_ask(ts, P, &ASK), TS_OK);
    IS(put_one(ts, 11, 1000), TS_UNREACHABLE);
    IS(ts_answer(ts, ids, &n), TS_UNREACHABLE);
    cr_assert_eq(n, 0);
    kill(kit.pid, SIGCONT);
    IS(put_until_reached(11), TS_OK);
    IS(ts_reclaim(ts, P, 7001, &n), TS_OK);
    cr_assert_eq(claim(7001, 100), 11);
}

/* ---- Bounded time ---- */

static int64_t ms_since(int64_t us) { return (clock_monotonic_us() - us) / 1000; }

Test(timerstore, SL_3_a_frozen_store_is_left_alone_in_bounded_time)
{
    static struct ts_timer many[20000];
    for (int i = 0; i < 20000; i++) many[i] = (struct ts_timer){100 + i, 1000};
    use_own_timeout();
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 10, 1000, 0);
    kill(kit.pid, SIGSTOP);
    int64_t t0 = clock_monotonic_us();
    IS(ts_put(ts, P, many, 20000, NULL), TS_UNREACHABLE);
    cr_assert_lt(ms_since(t0), 200);
    t0 = clock_monotonic_us();
    for (int i = 0; i < 100; i++) IS(put_one(ts, 1, 1000), TS_UNREACHABLE);
    cr_assert_lt(ms_since(t0), 60, "within the pause nothing is tried");
    usleep(120000);
    t0 = clock_monotonic_us();
    IS(put_one(ts, 1, 1000), TS_UNREACHABLE);
    cr_assert_lt(ms_since(t0), 200, "connecting and greeting is bounded too");
    kill(kit.pid, SIGCONT);
    IS(put_until_reached(1), TS_OK);
    put_range(100, 20000, 1000, 0);
    cr_assert_eq(pending(), 20010, "what was in doubt is repeated without harm");
}

/* A claim whose answer was lost: its timers come back when their lease ends. */
Test(timerstore, SL_3_a_claim_in_doubt_is_not_lost)
{
    use_own_timeout();
    IS(ts_assign(ts, P, 5), TS_OK);
    put_range(1, 10, 1000, 0);
    kill(kit.pid, SIGSTOP);
    int n;
    IS(ts_claim(ts, P, &(struct ts_claim){.now_ms = 1000, .lease_ms = 5000, .fresh_ms = 1000, .max = 10}, ids, &n),
       TS_UNREACHABLE);
    cr_assert_eq(n, 0);
    kill(kit.pid, SIGCONT);
    IS(put_until_reached(11), TS_OK);
    IS(ts_reclaim(ts, P, 6000, &n), TS_OK);
    cr_assert_eq(claim(6000, 100), 11);
}

Test(timerstore, SL_3_a_wrong_password_says_so)
{
    ts_close(ts);
    ts =
        ts_open(&(struct ts_config){.host = "127.0.0.1", .port = atoi(kit.port), .password = "wrong", .partitions = 4});
    IS(ts_assign(ts, 0, 1), TS_UNREACHABLE);
    cr_assert_not_null(strstr(ts_error(ts), "WRONGPASS"), "%s", ts_error(ts));
}

/* ---- Size and speed ---- */

static long long used_memory(void)
{
    redisContext *c = redis_kit_connect(&kit);
    redisReply *r = redisCommand(c, "INFO memory");
    long long n = atoll(strstr(r->str, "used_memory:") + strlen("used_memory:"));
    freeReplyObject(r);
    redisFree(c);
    return n;
}

Test(timerstore, SL_3_a_pending_timer_costs_at_most_150_bytes)
{
    IS(ts_assign(ts, P, 5), TS_OK);
    long long before = used_memory();
    int64_t t0 = clock_monotonic_us();
    put_range((int64_t)7 << 40, MANY, 1767225600000, 137);
    int64_t put_us = clock_monotonic_us() - t0;
    long long bytes = (used_memory() - before) / MANY;
    cr_assert_leq(bytes, 150, "%lld bytes", bytes);
    t0 = clock_monotonic_us();
    int got = 0;
    for (int n; (n = claim(1767225600000 + (int64_t)MANY * 137, TS_CHUNK)) > 0; got += n)
        IS(ts_ack(ts, P, ids, n), TS_OK);
    cr_assert_eq(got, MANY);
    printf("timers: %lld B each, put %.0f k/s, claim+ack %.0f k/s\n", bytes, MANY * 1e3 / (double)put_us,
           MANY * 1e3 / (double)(clock_monotonic_us() - t0));
}
