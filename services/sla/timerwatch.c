/* Judging, and the records that tell of it (timerwatch.h). An alarm that is over before it was told is told all the
 * same, and then its end: nothing seen is lost. */
#include "sla/timerwatch.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "event/codec.h"
#include "runtime/metrics.h"
#include "sla/timers.h"

bool watch_is(const struct watch_facts *f, enum timer_alarm kind)
{
    switch (kind) {
    case TIMER_ALARM_ABSENT: return false;
    case TIMER_ALARM_OVERDUE: return f->overdue_ms > OVERDUE_MOST_MS;
    case TIMER_ALARM_INDEX_AWAY: return f->index_away;
    case TIMER_ALARM_INDEX_DIFFERS: return f->index_differs;
    case TIMER_ALARM_NOT_SWEPT: return f->unswept_ms > UNSWEPT_MOST_MS;
    }
    return false;
}

static int64_t figure(const struct watch_facts *f, enum timer_alarm kind)
{
    if (kind == TIMER_ALARM_OVERDUE) return f->overdue_ms;
    return kind == TIMER_ALARM_NOT_SWEPT ? f->unswept_ms : 0;
}

void watch_look(struct watch *w, const struct watch_facts *f, int64_t now_ms)
{
    for (enum timer_alarm kind = TIMER_ALARM_OVERDUE; (int)kind < TIMER_ALARMS; kind++) {
        struct alarm *a = &w->alarms[kind];
        bool is = watch_is(f, kind);
        if (is && !a->is && !a->standing) {
            a->since_ms = now_ms;
            a->worst_ms = 0;
        }
        if (is && figure(f, kind) > a->worst_ms) a->worst_ms = figure(f, kind);
        a->is = is || (a->is && !a->standing);
    }
}

void watch_restore(struct watch *w, enum timer_alarm kind, int64_t since_ms)
{
    w->alarms[kind].standing = true;
    w->alarms[kind].since_ms = since_ms;
}

/* ---- the record ---- */

static void add_header(struct record *r, const char *name, const char *value)
{
    r->headers[r->n_headers++] = (struct header){name, value, strlen(value)};
}

static void encode_raised(struct alarm *a, int part)
{
    struct ev_sla_alarm_raised e = {.kind = a->kind,
                                    .partition = part,
                                    .since_ms = a->since_ms,
                                    .has_late_ms = a->worst_ms > 0,
                                    .late_ms = a->worst_ms};
    codec_encode(event_desc(EV_SLA_ALARM_RAISED), &e, &a->json);
}

static void encode_ended(struct alarm *a, int part, int64_t now_ms)
{
    struct ev_sla_alarm_ended e = {.kind = a->kind,
                                   .partition = part,
                                   .since_ms = a->since_ms,
                                   .ended_ms = now_ms,
                                   .has_late_ms = a->worst_ms > 0,
                                   .late_ms = a->worst_ms};
    codec_encode(event_desc(EV_SLA_ALARM_ENDED), &e, &a->json);
}

static void compose(struct alarm *a, int part, int64_t now_ms)
{
    a->telling = a->is;
    buf_reset(&a->json);
    buf_reset(&a->key);
    buf_int(&a->key, part);
    if (a->is)
        encode_raised(a, part);
    else
        encode_ended(a, part, now_ms);
    snprintf(a->id, sizeof a->id, "sla.%d.alarm.%s.%lld%s", part, timer_alarm_name(a->kind), (long long)a->since_ms,
             a->is ? "" : ".end");
    snprintf(a->source, sizeof a->source, "/redress/sla/%d", part);
    timefmt_utc(now_ms, a->time);
    a->post = (struct post){.topic = TOPIC_OWN + SERVICE_SLA, .dst = part};
    struct record *r = &a->post.record;
    *r = (struct record){.timestamp_ms = clock_real_ms(),
                         .key = a->key.bytes,
                         .key_len = a->key.len,
                         .value = a->json.bytes,
                         .value_len = a->json.len};
    add_header(r, "ce_specversion", "1.0");
    add_header(r, "ce_id", a->id);
    add_header(r, "ce_source", a->source);
    add_header(r, "ce_type", event_ce_type(a->is ? EV_SLA_ALARM_RAISED : EV_SLA_ALARM_ENDED));
    add_header(r, "ce_time", a->time);
    add_header(r, "content-type", "application/json");
    add_header(r, "correlation_id", a->id);
    add_header(r, "causation_id", a->id);
}

int watch_posts(struct watch *w, int part, int64_t now_ms, struct local_input *out, int max)
{
    int n = 0;
    for (enum timer_alarm kind = TIMER_ALARM_OVERDUE; (int)kind < TIMER_ALARMS && n < max; kind++) {
        struct alarm *a = &w->alarms[kind];
        if (a->is == a->standing) continue;
        a->kind = kind;
        compose(a, part, now_ms);
        out[n++] = (struct local_input){
            .part = part, .type = EV_NONE, .id = a->id, .at_ms = now_ms, .post = &a->post, .tag = a};
    }
    return n;
}

/* ---- the row ---- */

void watch_write(struct pg_tx *tx, int part, const struct alarm *a)
{
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_int(&args, part);
    pg_arg_text(&args, timer_alarm_name(a->kind));
    if (a->telling) {
        pg_arg_int(&args, a->since_ms);
        pg_tx_add(tx, "INSERT INTO alarm (partition, kind, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", &args);
    } else {
        pg_tx_add(tx, "DELETE FROM alarm WHERE partition = $1 AND kind = $2", &args);
    }
}

void watch_told(struct alarm *a) { a->standing = a->telling; }

void watch_deinit(struct watch *w)
{
    for (int i = 0; i < TIMER_ALARMS; i++) {
        buf_deinit(&w->alarms[i].json);
        buf_deinit(&w->alarms[i].key);
    }
}

/* ---- all partitions ---- */

static struct watch_facts facts_of(const struct timers *t, const struct part *p, int64_t now_ms)
{
    int64_t late = p->oldest < now_ms ? now_ms - p->oldest : 0;
    return (struct watch_facts){.overdue_ms = (int64_t)((double)late / t->scale),
                                .unswept_ms = p->unswept_ms,
                                .index_away = p->index == INDEX_OFF,
                                .index_differs = p->differed >= TIMERS_DIFFER};
}

static void tell_alarm(struct timers *t, enum timer_alarm kind, int parts)
{
    const char *why = kind == TIMER_ALARM_INDEX_AWAY ? ts_error(t->ts) : "";
    if (parts > 0 && t->standing[kind] == 0)
        log_warn("ALARM timers: %s, %d partitions %s", timer_alarm_name(kind), parts, why);
    if (parts == 0 && t->standing[kind] > 0) log_info("timers: %s is over", timer_alarm_name(kind));
    t->standing[kind] = parts;
}

void timers_watch(struct host *h, int64_t now_ms)
{
    struct timers *t = h->adapter;
    int whole = 0, standing[TIMER_ALARMS] = {0};
    int64_t overdue = 0, swept_us = clock_monotonic_us();
    for (int i = 0; i < t->n_parts; i++) {
        struct part *p = &t->parts[i];
        if (!p->mine) continue;
        struct watch_facts f = facts_of(t, p, now_ms);
        watch_look(&p->watch, &f, now_ms);
        whole += p->index == INDEX_WHOLE;
        if (f.overdue_ms > overdue) overdue = f.overdue_ms;
        if (p->swept_us < swept_us) swept_us = p->swept_us;
        for (int kind = 1; kind < TIMER_ALARMS; kind++) standing[kind] += p->watch.alarms[kind].is;
    }
    metrics_own_set(h->metrics, t->figures.whole, whole);
    metrics_own_set(h->metrics, t->figures.overdue, overdue);
    metrics_own_set(h->metrics, t->figures.swept_at, clock_real_ms() - (clock_monotonic_us() - swept_us) / 1000);
    for (enum timer_alarm kind = TIMER_ALARM_OVERDUE; (int)kind < TIMER_ALARMS; kind++) {
        metrics_own_set(h->metrics, t->figures.alarms[kind], standing[kind]);
        tell_alarm(t, kind, standing[kind]);
    }
}
