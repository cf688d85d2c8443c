/* Rules without a session: outcomes, halving, retention, timers, bank. */
#include "contract.h"

static const char *outcomes(struct protocol *p)
{
    (void)p;
    static const struct {
        struct proto_txn_result r;
        enum proto_outcome is;
    } rows[] = {
        {{.commit_ok = true, .commit_sent = true}, PROTO_COMMITTED},
        {{.connection_lost = true, .commit_sent = true}, PROTO_UNKNOWN},
        {{.connection_lost = true}, PROTO_UNKNOWN}, /* rolled back, but to be assigned again all the same */
        {{.sqlstate = "RF001", .commit_sent = true}, PROTO_FENCED},
        {{.sqlstate = "22003", .commit_sent = true}, PROTO_DATA},
        {{.sqlstate = "23505", .commit_sent = true}, PROTO_DATA},
        {{.sqlstate = "23505", .commit_sent = true, .at_commit = true}, PROTO_DATA},
        {{.sqlstate = "40P01", .commit_sent = true}, PROTO_INFRA},
        {{.sqlstate = "40001", .commit_sent = true, .at_commit = true}, PROTO_INFRA},
        {{.sqlstate = "53100", .commit_sent = true}, PROTO_INFRA},
        {{.sqlstate = "57P01", .commit_sent = true, .severe = true}, PROTO_INFRA},
        {{.sqlstate = "57P01", .commit_sent = true, .severe = true, .at_commit = true}, PROTO_UNKNOWN},
        {{.sqlstate = "40003", .commit_sent = true}, PROTO_UNKNOWN},
        {{.sqlstate = "08007", .commit_sent = true}, PROTO_UNKNOWN},
        {{.commit_sent = true}, PROTO_INFRA}, /* COMMIT answered ROLLBACK */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) EXPECT(proto_classify(&rows[i].r) == rows[i].is);
    return NULL;
}

/* Any set of bad inputs: each is parked alone, all others are handled once, in order. */
static const char *halving(struct protocol *p)
{
    (void)p;
    for (unsigned bad = 0; bad < 256; bad++) {
        struct proto_split s = proto_split_whole(8);
        size_t next = 0;
        for (int tries = 0; !proto_split_done(&s); tries++) {
            EXPECT(tries < 80 && s.lo == next && s.hi > s.lo);
            bool fails = false;
            for (size_t i = s.lo; i < s.hi && !s.park; i++) fails = fails || (bad >> i & 1) != 0;
            if (fails) {
                EXPECT(proto_split_failed(&s, false, 0));
                continue;
            }
            EXPECT(!s.park || (s.hi == s.lo + 1 && (bad >> s.lo & 1) != 0));
            next = s.hi;
            proto_split_committed(&s, 0);
        }
        EXPECT(next == 8);
    }
    struct proto_split s = {.hi = 1, .end = 1, .park = true};
    EXPECT(!proto_split_failed(&s, false, 0));
    return NULL;
}

/* A redrive of six rows whose fourth the database refuses: three are done, then it answers. */
static const char *halving_a_redrive(struct protocol *p)
{
    (void)p;
    struct proto_split s = proto_split_whole(1);
    int64_t left = 6;
    for (int tries = 0; !proto_split_done(&s); tries++) {
        EXPECT(tries < 20);
        int64_t rows = s.redrive_rows < 0 || s.redrive_rows > left ? left : s.redrive_rows;
        if (left - rows < 3) {
            EXPECT(proto_split_failed(&s, true, rows));
            continue;
        }
        left -= rows;
        proto_split_committed(&s, left);
    }
    EXPECT(left == 3);
    s = (struct proto_split){.lo = 0, .hi = 1, .end = 3, .redrive_rows = 0};
    proto_split_committed(&s, 3); /* the next input starts without a limit */
    EXPECT(s.lo == 1 && s.hi == 3 && s.redrive_rows == -1 && !s.park);
    return NULL;
}

static const char *retention(struct protocol *p)
{
    (void)p;
    int64_t day = PROTO_KEEP_OUTBOX_MS;
    struct proto_retained all[2] = {{.last = 9, .consumers = 2, .consumers_needed = 2, .min_last_seq = 9},
                                    {.last = 4, .consumers = 1, .consumers_needed = 1, .min_last_seq = 4}};
    EXPECT(proto_may_drop(all, 2, 0, day));
    EXPECT(!proto_may_drop(all, 2, 1, day));
    all[1].min_last_seq = 3;
    EXPECT(!proto_may_drop(all, 2, 0, 100 * day));
    all[1].min_last_seq = 4;
    all[0].consumers = 1; /* a consumer that has not registered yet */
    EXPECT(!proto_may_drop(all, 2, 0, 100 * day));
    struct proto_retained dlq = {.last = 3};
    EXPECT(proto_may_drop(&dlq, 1, 0, day) && !proto_may_drop(&dlq, 1, 0, day - 1));
    return NULL;
}

static const char *small_rules(struct protocol *p)
{
    (void)p;
    EXPECT(proto_timer_missed(true, true) == PROTO_INDEX_PUT_BACK);
    EXPECT(proto_timer_missed(true, false) == PROTO_INDEX_DELETE &&
           proto_timer_missed(false, false) == PROTO_INDEX_DELETE);
    EXPECT(proto_annuls(true, 10, 10) && !proto_annuls(true, 10, 11) && !proto_annuls(false, 10, 1));
    EXPECT(proto_bank(PROTO_BANK_REFUSED) == PROTO_PAY_FAILED && proto_bank(PROTO_BANK_CANCELLED) == PROTO_PAY_FAILED);
    EXPECT(proto_bank(PROTO_BANK_NOT_FOUND) == PROTO_PAY_REPEAT && proto_bank(PROTO_BANK_SILENT) == PROTO_PAY_REPEAT);
    EXPECT(proto_bank(PROTO_BANK_PENDING) == PROTO_PAY_WAIT && proto_bank(PROTO_BANK_SETTLED) == PROTO_PAY_SETTLED);
    EXPECT(proto_home(1, 1) == PROTO_JUDGE && proto_home(1, 2) == PROTO_FORWARD);
    return NULL;
}

const struct contract_story contract_rules[] = {
    {"outcomes", outcomes},   {"halving", halving},         {"halving a redrive", halving_a_redrive},
    {"retention", retention}, {"small rules", small_rules}, {NULL, NULL},
};
