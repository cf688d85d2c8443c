/* The modelled broker: logs that lose tails, producers it forgets, late requests of dead owners, an empty rebuild. */
#include <stdio.h>
#include <string.h>

#include "world.h"

/* What reaches a log must be committed, and byte for byte what was committed under that number. */
static void check_bytes(struct world *w, const struct rec *r)
{
    if (r->seq == 0) return;
    int s = sim_stream(r->stream);
    if (r->seq > w->db.stream[s].out_seq)
        sim_violation(w, "sent before it was committed: stream %d seq %ld", s, (long)r->seq);
    else if (w->outbox[s][r->seq].bytes != r->bytes)
        sim_violation(w, "same seq, other bytes: stream %d seq %ld", s, (long)r->seq);
}

void broker_append(struct world *w, enum topic topic, int part, struct rec rec)
{
    struct log *l = &w->broker.log[topic][part];
    if (l->end == LOG_MAX) {
        sim_violation(w, "runaway resending into topic %d partition %d", topic, part);
        return;
    }
    check_bytes(w, &rec);
    rec.appended_ms = w->now;
    l->recs[l->end++] = rec;
    sim_trace(w, "  log %d/%d @%ld <- svc %d src %d seq %ld %s x%d", topic, part, (long)l->end - 1, rec.stream.service,
              rec.stream.src, (long)rec.seq, sim_type_name(rec.type), rec.x);
}

/* The first request of the queue for the same log as a random one: per log the order holds, between logs not. */
static struct queued take(struct world *w, struct producer *q)
{
    int pick = sim_below(w, q->n);
    for (int i = 0; i < pick; i++)
        if (q->queue[i].topic == q->queue[pick].topic && q->queue[i].dst == q->queue[pick].dst) pick = i;
    struct queued r = q->queue[pick];
    q->n--;
    memmove(&q->queue[pick], &q->queue[pick + 1], (size_t)(q->n - pick) * sizeof q->queue[0]);
    return r;
}

void broker_land(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    if (p->producer.n == 0) return;
    struct queued r = take(w, &p->producer);
    broker_append(w, (enum topic)r.topic, r.dst, r.rec);
    int s = sim_stream(r.rec.stream);
    if (r.rec.seq > p->acked[s]) p->acked[s] = r.rec.seq;
    int64_t offset = w->broker.log[r.topic][r.dst].end - 1;
    if (sim_chance(w, 50)) offset = -1; /* a retried request is acknowledged without one */
    if (proto_delivered(p->p, r.topic, r.dst, true, offset) == PROTO_REPLACE_PRODUCER) p->replace = true;
}

void broker_land_orphan(struct world *w)
{
    if (w->orphans.n == 0) return;
    struct queued r = take(w, &w->orphans);
    if (sim_chance(w, w->faults.drop_late)) return;
    broker_append(w, (enum topic)r.topic, r.dst, r.rec);
}

void producer_orphan(struct world *w, struct proc *p)
{
    for (int i = 0; i < p->producer.n && w->orphans.n < QUEUE_MAX; i++)
        w->orphans.queue[w->orphans.n++] = p->producer.queue[i];
    p->producer.n = 0;
}

void broker_lose_tail(struct world *w, enum topic topic, int part, int records)
{
    struct log *l = &w->broker.log[topic][part];
    if (records > l->end - l->start) records = (int)(l->end - l->start);
    if (records == 0) return;
    l->end -= records;
    sim_trace(w, "FAULT log %d/%d lost its last %d records, end %ld", topic, part, records, (long)l->end);
    for (int i = 0; i < PROCS; i++) /* some producers notice at once (fatal), others write on */
        if (w->proc[i].alive && w->proc[i].producer.n > 0 && sim_chance(w, 300)) w->proc[i].replace = true;
}

void broker_rebuild(struct world *w)
{
    snprintf(w->broker.cluster, sizeof w->broker.cluster, "cluster-%d", ++w->broker.rebuilt);
    for (int t = 0; t < TOPICS; t++)
        for (int k = 0; k < P; k++) w->broker.log[t][k].start = w->broker.log[t][k].end = 0;
    sim_trace(w, "FAULT broker rebuilt empty: %s", w->broker.cluster);
    w->orphans.n = 0; /* requests carry the old topic ids */
    for (int i = 0; i < PROCS; i++)
        if (w->proc[i].alive && w->proc[i].producer.n > 0) {
            w->proc[i].producer.n = 0;
            w->proc[i].replace = true;
        }
    client_resend(w);
}

int64_t broker_last_seq(const struct world *w, enum topic topic, int part)
{
    const struct log *l = &w->broker.log[topic][part];
    return l->end > l->start ? l->recs[l->end - 1].seq : 0;
}
