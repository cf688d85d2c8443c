/* See world.h. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "approval/approval.h"
#include "base/buf.h"
#include "base/id.h"
#include "dispatch/dispatch.h"
#include "escalation/escalation.h"
#include "event/codec.h"
#include "event/identity.h"
#include "evidence/evidence.h"
#include "intake/intake.h"
#include "intake/matter.h"
#include "payment/payment.h"
#include "sla/sla.h"

enum { MONDAY_MORNING_S = 1772413200, PARTITION = 3, PARTITIONS = 16, MATTER_MAX = 256 };

const struct core *const world_cores[WORLD_SERVICES] = {
    [INTAKE] = &intake_core,     [DISPATCH] = &dispatch_core, [EVIDENCE] = &evidence_core,
    [APPROVAL] = &approval_core, [PAYMENT] = &payment_core,   [ESCALATION] = &escalation_core,
    [SLA] = &sla_core,
};

void world_init(struct world *w, const struct policy *p, const struct world_options *options)
{
    *w = (struct world){.options = *options, .policy = p, .bank_next = BANK_OUTCOME_SETTLED, .bank_delay_ms = 60000};
    arena_init(&w->arena);
    w->now_ms = options->start_ms != 0 ? options->start_ms : (int64_t)MONDAY_MORNING_S * 1000;
    w->rng = options->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
}

void world_deinit(struct world *w)
{
    for (int t = 0; t < WORLD_TOPICS; t++) free(w->topics[t]);
    free(w->facts);
    free(w->cases);
    free(w->bank);
    arena_deinit(&w->arena);
}

int world_draw(struct world *w, int n)
{
    w->rng ^= w->rng << 13;
    w->rng ^= w->rng >> 7;
    w->rng ^= w->rng << 17;
    return (int)((w->rng >> 11) % (uint64_t)n);
}

/* Room for one more element. */
static void *grow(void *items, int n, int *cap, size_t size)
{
    if (n < *cap) return items;
    *cap = *cap == 0 ? 64 : *cap * 2;
    void *more = realloc(items, (size_t)*cap * size);
    if (more == NULL) abort();
    return more;
}

static int add_fact(struct world *w, const struct happening *f)
{
    w->facts = grow(w->facts, w->n_facts, &w->cap_facts, sizeof *w->facts);
    w->facts[w->n_facts] = *f;
    if (f->topic != WORLD_LOCAL) {
        int t = f->topic;
        w->topics[t] = grow(w->topics[t], w->n_topic[t], &w->cap_topic[t], sizeof(int));
        w->topics[t][w->n_topic[t]++] = w->n_facts;
    }
    return w->n_facts++;
}

static int send(struct world *w, struct happening f)
{
    f.now_ms = w->now_ms;
    f.cause = -1;
    f.id = arena_printf(&w->arena, "ext-%d", w->n_facts);
    return add_fact(w, &f);
}

int world_send(struct world *w, enum event_type type, const void *data, const char *source)
{
    return send(w, (struct happening){
                       .type = type, .data = data, .source = source, .at_ms = w->now_ms, .topic = WORLD_INBOUND});
}

int world_command_at(struct world *w, enum event_type type, const void *data, int64_t case_id, int64_t at_ms)
{
    return send(w, (struct happening){.type = type,
                                      .data = data,
                                      .source = "/redress/console",
                                      .case_id = case_id,
                                      .at_ms = at_ms,
                                      .topic = WORLD_COMMAND});
}

int world_command(struct world *w, enum event_type type, const void *data, int64_t case_id)
{
    return world_command_at(w, type, data, case_id, w->now_ms);
}

struct world_case *world_case(struct world *w, int64_t case_id)
{
    for (int i = 0; i < w->n_cases; i++) {
        if (w->cases[i].case_id == case_id) return &w->cases[i];
    }
    w->cases = grow(w->cases, w->n_cases, &w->cap_cases, sizeof *w->cases);
    struct world_case *c = &w->cases[w->n_cases++];
    *c = (struct world_case){.case_id = case_id};
    for (int s = 0; s < WORLD_SERVICES; s++) {
        if (world_cores[s] != NULL) c->state[s] = arena_alloc(&w->arena, world_cores[s]->state->size);
    }
    return c;
}

int64_t world_account(struct world *w, const char *key)
{
    int64_t id = id_account(key, PARTITIONS);
    world_case(w, id)->is_account = true;
    return id;
}

const void *world_state(struct world *w, int64_t case_id, enum world_service s)
{
    return world_case(w, case_id)->state[s];
}

const char *world_status(struct world *w, int64_t case_id, enum world_service s)
{
    return world_cores[s]->status_names[*(const int *)world_state(w, case_id, s)];
}

/* ---- Which case an inbound message belongs to: what intake's store does with tables ---- */

static bool takes_contacts(struct world *w, const struct world_case *c)
{
    const struct intake_state *st = c->state[INTAKE];
    (void)w;
    if (st->status == INTAKE_STATUS_CLOSED) return st->outcome == OUTCOME_LAPSED;
    return st->status != INTAKE_STATUS_WITHDRAWN;
}

static int candidates(struct world *w, const char *matter, struct matter_contact *out)
{
    int n = 0;
    for (int i = 0; i < w->n_topic[WORLD_INBOUND]; i++) {
        const struct happening *f = &w->facts[w->topics[WORLD_INBOUND][i]];
        if (f->case_id == 0 || f->type != EV_INBOUND_COMPLAINT || n == MATTER_MAX) continue;
        const struct world_case *c = world_case(w, f->case_id);
        if (!takes_contacts(w, c) || strcmp(c->matter, matter) != 0) continue;
        const struct ev_inbound_complaint *in = f->data;
        out[n++] = (struct matter_contact){f->case_id, f->source, in->external_ref};
    }
    return n;
}

static int64_t new_case(struct world *w, const char *matter)
{
    int64_t id = case_id_make(PARTITION, w->n_cases + 1);
    world_case(w, id)->matter = matter;
    return id;
}

static int64_t resolve(struct world *w, const struct happening *f)
{
    struct matter_contact known[MATTER_MAX];
    int64_t case_id;
    if (f->type == EV_INBOUND_SUPPLEMENT) {
        const struct ev_inbound_supplement *in = f->data;
        for (int i = 0; i < w->n_cases && case_no_parse(in->case_no, &case_id); i++) {
            if (w->cases[i].case_id == case_id) return case_id;
        }
        return new_case(w, "stray");
    }
    const struct ev_inbound_complaint *in = f->data;
    const char *matter = identity_matter(in, &(struct origin){f->source, f->id}, &w->arena);
    case_id = matter_choose(known, candidates(w, matter, known), f->source, in->external_ref);
    return case_id != 0 ? case_id : new_case(w, matter);
}

/* ---- One service decides on one event ---- */

static void set_broken(struct world *w, const char *what, const struct happening *f, const char *why)
{
    if (w->broken == NULL) {
        w->broken = arena_printf(&w->arena, "%s: %s (%s) %s", what, event_name(f->type), f->id, why != NULL ? why : "");
    }
}

/* A value survives being written and read. */
static void check_codec(struct world *w, const struct type_desc *d, const void *value, const struct happening *f)
{
    struct buf json = BUF_INIT;
    struct err e = ERR_INIT;
    void *back = arena_alloc(&w->arena, d->size);
    if (!codec_encode(d, value, &json)) {
        codec_explain(d, value, &e);
        set_broken(w, "cannot be encoded", f, arena_printf(&w->arena, "%s: %s", d->name, e.message));
    } else if (!codec_decode(d, json.bytes, json.len, &w->arena, back, &e)) {
        set_broken(w, "cannot be decoded", f, arena_printf(&w->arena, "%s: %s", d->name, e.message));
    } else if (!desc_equal(d, value, back)) {
        set_broken(w, "changed by encoding", f, d->name);
    }
    buf_deinit(&json);
}

/* The copy the runtime sends to the home of an account, or of the one who asked it. */
static void send_home(struct world *w, struct happening f)
{
    f.case_id = event_home(f.type, f.data, PARTITIONS);
    if (id_is_account(f.case_id)) world_case(w, f.case_id)->is_account = true;
    f.topic = WORLD_EXCHANGE;
    add_fact(w, &f);
}

static void take_outputs(struct world *w, enum world_service s, int cause, const struct decision *out)
{
    for (int i = 0; i < out->n_outputs; i++) {
        const struct happening *in = &w->facts[cause];
        struct happening f = {
            .type = out->outputs[i].type,
            .data = out->outputs[i].data,
            .id = arena_printf(&w->arena, "%s.%d.%d", world_cores[s]->service, PARTITION, w->n_topic[s] + 1),
            .source = world_cores[s]->service,
            .case_id = in->case_id,
            .at_ms = event_is_command(in->type) && !w->options.stamp_now ? in->at_ms : w->now_ms,
            .now_ms = w->now_ms,
            .topic = (int)s,
            .cause = cause,
            .policy = w->policy,
        };
        if (w->options.check_codec) check_codec(w, event_desc(f.type), f.data, &f);
        add_fact(w, &f);
        if (event_has_home(f.type)) send_home(w, f);
    }
}

static void call_bank(struct world *w, int64_t case_id, const struct ev_payment_instructed *e)
{
    struct ev_payment_bank_answer *a = ARENA_NEW(&w->arena, struct ev_payment_bank_answer);
    *a = (struct ev_payment_bank_answer){.key = e->key,
                                         .payout_no = e->payout_no,
                                         .outcome = w->bank_next,
                                         .amount_minor = e->amount_minor,
                                         .currency = e->currency,
                                         .bank_ref = arena_printf(&w->arena, "BANK-%s", e->key),
                                         .reason = w->bank_next == BANK_OUTCOME_REFUSED ? "account_closed" : NULL};
    w->bank = grow(w->bank, w->n_bank, &w->cap_bank, sizeof *w->bank);
    w->bank[w->n_bank++] = (struct bank_call){w->now_ms + w->bank_delay_ms, case_id, a};
}

/* What the adapters do after the commit. */
static void after_commit(struct world *w, struct world_case *c, const struct decision *out)
{
    for (int i = 0; i < out->n_outputs; i++) {
        if (out->outputs[i].type == EV_PAYMENT_INSTRUCTED) call_bank(w, c->case_id, out->outputs[i].data);
        if (out->outputs[i].type == EV_APPROVAL_SLIP_APPROVED) {
            const struct ev_approval_slip_approved *slip = out->outputs[i].data;
            c->approved_minor += slip->plan->amount_minor;
        }
    }
}

static void decide(struct world *w, enum world_service s, int index)
{
    const struct core *core = world_cores[s];
    struct happening *f = &w->facts[index];
    if (!core_handles(core, f->type)) return;
    if (f->case_id == 0) f->case_id = resolve(w, f);
    struct world_case *c = world_case(w, f->case_id);
    struct input in = {.type = f->type,
                       .data = f->data,
                       .id = f->id,
                       .source = f->source,
                       .case_id = f->case_id,
                       .now_ms = w->now_ms,
                       .at_ms = f->at_ms};
    struct decision out = {.arena = &w->arena};
    void *next = arena_alloc(&w->arena, core->state->size);
    enum verdict v = core_step(core, w->policy, c->state[s], &in, next, &out);
    if (v == VERDICT_BROKEN) set_broken(w, core->service, f, out.reason);
    if (v == VERDICT_DONE) c->state[s] = next;
    if (v == VERDICT_DONE && w->options.check_codec) check_codec(w, core->state, next, f);
    take_outputs(w, s, index, &out);
    if (v == VERDICT_DONE) after_commit(w, world_case(w, in.case_id), &out);
}

static bool has_unread(const struct world *w, enum world_service s, int topic)
{
    return world_cores[s] != NULL && topic != (int)s && w->cursor[s][topic] < w->n_topic[topic];
}

/* Of all pairs of service and topic with something unread: one drawn, or the first. */
static bool step_among(struct world *w, int first_service, int n_services)
{
    int unread[WORLD_SERVICES * WORLD_TOPICS], n = 0;
    for (int i = 0; i < n_services * WORLD_TOPICS; i++) {
        int at = first_service * WORLD_TOPICS + i;
        if (has_unread(w, (enum world_service)(at / WORLD_TOPICS), at % WORLD_TOPICS)) unread[n++] = at;
        if (n > 0 && !w->options.shuffle) break;
    }
    if (n == 0) return false;
    int chosen = unread[w->options.shuffle ? world_draw(w, n) : 0];
    int s = chosen / WORLD_TOPICS, topic = chosen % WORLD_TOPICS;
    decide(w, (enum world_service)s, w->topics[topic][w->cursor[s][topic]++]);
    return true;
}

bool world_step(struct world *w) { return step_among(w, 0, WORLD_SERVICES); }

void world_drain(struct world *w)
{
    while (world_step(w)) continue;
}

/* ---- Time ---- */

struct alarm {
    int64_t due_ms; /* INT64_MAX = none */
    int64_t case_id;
    const struct limit *limit;
    bool warning;
    int bank; /* index of a bank call; -1 = a timer */
};

static void consider(struct alarm *best, const struct alarm *a)
{
    if (a->due_ms < best->due_ms) *best = *a;
}

static void consider_limits(struct alarm *best, const struct world_case *c)
{
    const struct sla_state *st = c->state[SLA];
    for (int i = 0; st != NULL && i < st->n_limits; i++) {
        const struct limit *l = &st->limits[i];
        if (l->state != LIMIT_STATE_ARMED) continue;
        if (l->has_warn_ms && !l->has_warned_ms) {
            consider(best, &(struct alarm){l->warn_ms, c->case_id, l, true, -1});
        }
        consider(best, &(struct alarm){l->due_ms, c->case_id, l, false, -1});
    }
}

static struct alarm next_alarm(const struct world *w)
{
    struct alarm best = {.due_ms = INT64_MAX, .bank = -1};
    for (int i = 0; i < w->n_cases; i++) consider_limits(&best, &w->cases[i]);
    for (int i = 0; i < w->n_bank; i++) {
        consider(&best, &(struct alarm){w->bank[i].due_ms, w->bank[i].case_id, NULL, false, i});
    }
    return best;
}

int64_t world_next_ms(const struct world *w) { return next_alarm(w).due_ms; }

static void decide_local(struct world *w, enum world_service s, struct happening f)
{
    f.now_ms = f.at_ms = w->now_ms;
    f.topic = WORLD_LOCAL;
    f.cause = -1;
    f.source = world_cores[s]->service;
    decide(w, s, add_fact(w, &f));
}

static void ring(struct world *w, const struct alarm *a)
{
    if (a->bank >= 0) {
        struct bank_call call = w->bank[a->bank];
        w->bank[a->bank] = w->bank[--w->n_bank];
        decide_local(w, PAYMENT,
                     (struct happening){.type = EV_PAYMENT_BANK_ANSWER,
                                        .data = call.answer,
                                        .case_id = call.case_id,
                                        .id = arena_printf(&w->arena, "bank.%s", call.answer->key)});
        return;
    }
    struct ev_sla_timer_fired *fired = ARENA_NEW(&w->arena, struct ev_sla_timer_fired);
    *fired = (struct ev_sla_timer_fired){
        .code = a->limit->code, .ver = a->limit->ver, .warning = a->warning, .due_ms = a->due_ms};
    decide_local(w, SLA,
                 (struct happening){.type = EV_SLA_TIMER_FIRED,
                                    .data = fired,
                                    .case_id = a->case_id,
                                    .id = arena_printf(&w->arena, "timer.%lld.%s.%lld%s", (long long)a->case_id,
                                                       fired->code, (long long)fired->ver, a->warning ? ".w" : "")});
}

/* A timer is taken only while its service has read everything; the others may lag (drawn). */
void world_run_to(struct world *w, int64_t at_ms)
{
    for (;;) {
        if (w->options.lag && world_draw(w, 3) == 0) {
            while (world_cores[SLA] != NULL && step_among(w, SLA, 1)) continue;
        } else {
            world_drain(w);
        }
        struct alarm a = next_alarm(w);
        if (a.due_ms > at_ms || w->broken != NULL) break;
        if (a.due_ms > w->now_ms) w->now_ms = a.due_ms;
        int facts = w->n_facts;
        ring(w, &a);
        if (w->n_facts == facts + 1) set_broken(w, "local input without effect", &w->facts[facts], NULL);
    }
    if (at_ms > w->now_ms) w->now_ms = at_ms;
    world_drain(w);
}

void world_change_policy(struct world *w, const struct policy *p)
{
    world_drain(w);
    w->policy = p;
    for (int i = 0; p->moves && i < w->n_cases; i++) {
        struct ev_sla_policy_changed *e = ARENA_NEW(&w->arena, struct ev_sla_policy_changed);
        e->revision = p->revision;
        decide_local(w, SLA,
                     (struct happening){.type = EV_SLA_POLICY_CHANGED,
                                        .data = e,
                                        .case_id = w->cases[i].case_id,
                                        .id = arena_printf(&w->arena, "policy.%lld.%lld",
                                                           (long long)w->cases[i].case_id, (long long)p->revision)});
    }
    world_drain(w);
}
