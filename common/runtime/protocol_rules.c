#include "runtime/protocol_rules.h"

#include <string.h>

#include "runtime/protocol_mutation.h"

/* 40003 and 08007 say themselves that the outcome is not known. */
static bool sqlstate_unknown(const char *s) { return strcmp(s, "40003") == 0 || strcmp(s, "08007") == 0; }

enum proto_outcome proto_classify(const struct proto_txn_result *r)
{
    if (r->commit_ok) return PROTO_COMMITTED;
    if (r->connection_lost && r->commit_sent) {
        if (MUTATED(UNKNOWN_IS_DONE)) return PROTO_COMMITTED;
        if (MUTATED(UNKNOWN_IS_UNDONE)) return PROTO_INFRA;
        return PROTO_UNKNOWN;
    }
    /* Nothing committed, but the session is gone: what it held is read again under a new epoch. */
    if (r->connection_lost) return PROTO_UNKNOWN;
    if (r->sqlstate == NULL) return PROTO_INFRA; /* COMMIT answered ROLLBACK without an error of its own */
    if (strcmp(r->sqlstate, PROTO_SQLSTATE_FENCED) == 0) return PROTO_FENCED;
    if (sqlstate_unknown(r->sqlstate)) return PROTO_UNKNOWN;
    /* A backend that dies answering COMMIT may have written its commit record already. */
    if (r->severe && r->at_commit) return PROTO_UNKNOWN;
    if (strncmp(r->sqlstate, "22", 2) == 0 || strncmp(r->sqlstate, "23", 2) == 0) return PROTO_DATA;
    return PROTO_INFRA;
}

struct proto_split proto_split_whole(size_t inputs)
{
    return (struct proto_split){.hi = inputs, .end = inputs, .redrive_rows = -1};
}

bool proto_split_failed(struct proto_split *s, bool is_redrive, int64_t rows)
{
    size_t n = s->hi - s->lo;
    if (n > 1) {
        s->hi = s->lo + n / 2;
        return true;
    }
    if (s->park || s->redrive_rows == 0) return false;
    if (is_redrive)
        s->redrive_rows = rows / 2;
    else
        s->park = true;
    return true;
}

void proto_split_committed(struct proto_split *s, int64_t rows_left)
{
    if (s->redrive_rows > 0 && rows_left > 0) {
        /* The rows before the bad one are done; the same command goes on with the rest. */
        s->redrive_rows = -1;
        return;
    }
    s->lo = s->hi;
    s->hi = s->end;
    s->park = false;
    s->redrive_rows = -1;
}

enum proto_home proto_home(int part, int home) { return part == home ? PROTO_JUDGE : PROTO_FORWARD; }

bool proto_may_drop(const struct proto_retained *streams, int n, int64_t newest_ms, int64_t now_ms)
{
    if (MUTATED(DROP_WHEN_SENT)) return true;
    if (now_ms - newest_ms < PROTO_KEEP_OUTBOX_MS) return false;
    if (MUTATED(DROP_BY_AGE)) return true;
    for (int i = 0; i < n; i++) {
        if (streams[i].consumers < streams[i].consumers_needed) return false;
        if (streams[i].consumers > 0 && streams[i].min_last_seq < streams[i].last) return false;
    }
    return true;
}

enum proto_timer_index proto_timer_missed(bool exists, bool armed)
{
    return exists && armed ? PROTO_INDEX_PUT_BACK : PROTO_INDEX_DELETE;
}

bool proto_annuls(bool fired, int64_t due_ms, int64_t accepted_ms)
{
    if (MUTATED(MISS_STANDS)) return false;
    return fired && accepted_ms <= due_ms;
}

enum proto_bank_verdict proto_bank(enum proto_bank_answer answer)
{
    switch (answer) {
    case PROTO_BANK_SETTLED: return PROTO_PAY_SETTLED;
    case PROTO_BANK_REFUSED:
    case PROTO_BANK_CANCELLED: return PROTO_PAY_FAILED;
    case PROTO_BANK_PENDING: return PROTO_PAY_WAIT;
    case PROTO_BANK_NOT_FOUND: return MUTATED(BANK_EMPTY_IS_FAILED) ? PROTO_PAY_FAILED : PROTO_PAY_REPEAT;
    case PROTO_BANK_SILENT: return PROTO_PAY_REPEAT;
    }
    return PROTO_PAY_REPEAT;
}
