/* Random histories (walker.h): what must hold of every one of them.
 *
 * REDRESS_WALKS sets how many (3,000 unless told; 100,000 of each kind with REDRESS_LONG=1), REDRESS_WALK_SEED where
 * they begin; a failure names its seed, and REDRESS_WALKS=1 REDRESS_WALK_SEED=n tells it again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "day_ceiling.h"
#include "story.h"
#include "walker.h"

enum { ACTIONS = 40 };

static int64_t from_env(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

static int64_t first_seed(void) { return from_env("REDRESS_WALK_SEED", 1); }

/* Walks that are compared cost four times as much as those that are only checked. */
static int64_t how_many(int64_t share)
{
    if (getenv("REDRESS_LONG") != NULL) return from_env("REDRESS_WALKS", 100000);
    return (from_env("REDRESS_WALKS", 3000) + share - 1) / share;
}

static void some_steps(struct walker *k)
{
    for (int i = walker_draw(k, 12); i > 0 && world_step(k->w); i--) continue;
}

/* Acts before everything has been read: facts and commands meet in every order. */
static void live(struct walker *k)
{
    walker_arrive(k);
    world_drain(k->w);
    for (int i = 0; i < ACTIONS && k->w->broken == NULL; i++) {
        int what = walker_draw(k, 20);
        if (what == 0) {
            walker_arrive(k);
        } else if (what < 5) {
            walker_wait(k);
        } else if (what < 7) {
            walker_receive(k);
        } else {
            walker_act(k);
        }
        if (walker_draw(k, 3) > 0) {
            world_drain(k->w);
        } else {
            some_steps(k);
        }
    }
    world_drain(k->w);
}

static void print_facts(struct world *w)
{
    for (int i = 0; i < w->n_facts; i++) {
        const struct happening *f = &w->facts[i];
        fprintf(stderr, "%4d %4d %lld %s %s now %lld at %lld\n", i, f->cause, (long long)f->case_id, f->id,
                event_name(f->type), (long long)(f->now_ms / 60000), (long long)(f->at_ms / 60000));
    }
}

static void fail_walk(struct world *w, int64_t seed, const char *wrong)
{
    if (getenv("REDRESS_WALK_SEED") != NULL) print_facts(w);
    cr_assert_fail("walk %lld: %s", (long long)seed, wrong);
}

static void walk(const struct policy *p, int64_t seed)
{
    struct world w;
    struct world_options o = {.seed = (uint64_t)seed,
                              .shuffle = seed % 8 != 0,
                              .lag = seed % 4 == 1,
                              .check_codec = seed % 16 == 3,
                              .stamp_now = seed % 2 == 0};
    world_init(&w, p, &o);
    struct walker k = {.w = &w, .rng = (uint64_t)seed * UINT64_C(0xD1B54A32D192ED03) + 7};
    live(&k);
    const char *wrong = world_check(&w);
    if (wrong == NULL) wrong = world_replay_check(&w);
    if (wrong != NULL) fail_walk(&w, seed, wrong);
    world_deinit(&w);
}

/* Owners, limits, money, no broken verdict, replay by causation: see world_check.c. */
Test(walk, every_history_is_sound_and_explains_itself, .timeout = 3600)
{
    const struct policy *p = story_default_policy();
    int64_t first = first_seed(), n = how_many(1);
    for (int64_t seed = first; seed < first + n; seed++) walk(p, seed);
}

/* With a daily ceiling (PA-1) that is soon reached cases wait for an account's answer, too. */
Test(walk, every_history_with_a_daily_ceiling_is_sound, .timeout = 3600)
{
    static const struct pol_amount ceiling = {"CNY", 20000};
    struct day_ceiling with;
    const struct policy *p = day_ceiling(&with, story_default_policy(), &ceiling, 1);
    int64_t first = first_seed(), n = how_many(4);
    for (int64_t seed = first; seed < first + n; seed++) walk(p, seed);
}

/* ---- Whatever order services read in, they come to the same ---- */

/* What closes a case, or ends with it, and the closing may be read in either order; a case that came back keeps how its
 * limits ended then. */
static bool is_same_end(const struct sla_state *of, enum limit_state a, enum limit_state b)
{
    bool ends =
        (a == LIMIT_STATE_MET && b == LIMIT_STATE_CANCELLED) || (a == LIMIT_STATE_CANCELLED && b == LIMIT_STATE_MET);
    return a == b || (of->closed_ms != 0 && ends);
}

/* A slip's or a sanction's limit has its number in its name, and the numbers are given in the order of reading. */
static bool is_numbered(const struct world *w, const char *code)
{
    const struct policy_limit *l = policy_limit(w->policy, code);
    return l != NULL && l->def->key != NULL && l->def->outlives;
}

/* Limits by code: how far each has come, and the due of what runs or was missed. Versions may have been counted
 * apart, and what was answered at the very moment its pause ended may show either due. */
static const char *compare_limits(struct world *a, const struct sla_state *x, const struct sla_state *y)
{
    for (int i = 0; i < x->n_limits; i++) {
        const struct limit *l = &x->limits[i], *other = NULL;
        for (int k = 0; k < y->n_limits; k++) {
            if (strcmp(y->limits[k].code, l->code) == 0) other = &y->limits[k];
        }
        if (is_numbered(a, l->code)) continue;
        if (other == NULL) return arena_printf(&a->arena, "limit %s is not there shuffled", l->code);
        bool counts = l->state == LIMIT_STATE_ARMED || l->state == LIMIT_STATE_MISSED;
        if (!is_same_end(x, other->state, l->state) || (counts && other->due_ms != l->due_ms)) {
            return arena_printf(&a->arena, "limit %s: %s due %lld in order, %s due %lld shuffled", l->code,
                                limit_state_name(l->state), (long long)l->due_ms, limit_state_name(other->state),
                                (long long)other->due_ms);
        }
    }
    return NULL;
}

static int count_slips(const struct escalation_state *st, const struct open_slip *like)
{
    int n = 0;
    for (int i = 0; i < st->n_open_slips; i++) {
        const struct open_slip *slip = &st->open_slips[i];
        bool same_asked = (slip->liaison_no == NULL) == (like->liaison_no == NULL);
        n += same_asked && strcmp(slip->code, like->code) == 0 && strcmp(slip->to_org, like->to_org) == 0;
    }
    return n;
}

/* Each unit is reminded of the same (ES-1), and asked for the cause of the same (ES-7). */
static const char *compare_slips(struct world *a, const struct escalation_state *x, const struct escalation_state *y)
{
    for (int i = 0; i < x->n_open_slips; i++) {
        const struct open_slip *slip = &x->open_slips[i];
        if (is_numbered(a, slip->code) || count_slips(x, slip) == count_slips(y, slip)) continue;
        return arena_printf(&a->arena, "escalation: slips of %s to %s", slip->code, slip->to_org);
    }
    return NULL;
}

/* A miss read after the end of its case moves nothing any more: only cases under watch are compared in that. */
static const char *compare_escalation(struct world *a, const struct escalation_state *x,
                                      const struct escalation_state *y)
{
    const char *wrong = compare_slips(a, x, y);
    if (wrong != NULL) return wrong;
    if (x->status == ESCALATION_STATUS_ENDED) return NULL;
    if (x->n_takeovers != y->n_takeovers || x->slips != y->slips) return "escalation: other slips or takeovers";
    if (x->org_id == NULL || y->org_id == NULL) return x->org_id == y->org_id ? NULL : "escalation: no owner";
    return strcmp(x->org_id, y->org_id) == 0 ? NULL : "escalation: another owner";
}

static const char *compare_case(struct world *a, struct world *b, int64_t case_id)
{
    for (int s = 0; s < WORLD_SERVICES; s++) {
        const char *x = world_status(a, case_id, (enum world_service)s);
        const char *y = world_status(b, case_id, (enum world_service)s);
        if (strcmp(x, y) != 0) {
            return arena_printf(&a->arena, "%s is %s in order, %s shuffled", world_cores[s]->service, x, y);
        }
        if (s == ESCALATION || s == SLA) continue; /* they keep ids and versions, which depend on the order */
        if (!desc_equal(world_cores[s]->state, world_state(a, case_id, (enum world_service)s),
                        world_state(b, case_id, (enum world_service)s))) {
            return arena_printf(&a->arena, "%s differs", world_cores[s]->service);
        }
    }
    const char *wrong = compare_escalation(a, world_state(a, case_id, ESCALATION), world_state(b, case_id, ESCALATION));
    return wrong != NULL ? wrong : compare_limits(a, world_state(a, case_id, SLA), world_state(b, case_id, SLA));
}

static void compare(struct world *a, struct world *b, int64_t seed)
{
    cr_assert_eq(a->n_cases, b->n_cases, "walk %lld: other cases", (long long)seed);
    for (int i = 0; i < a->n_cases; i++) {
        const char *wrong = compare_case(a, b, a->cases[i].case_id);
        if (wrong == NULL) continue;
        if (getenv("REDRESS_WALK_SEED") != NULL) {
            print_facts(a);
            fprintf(stderr, "----\n");
            print_facts(b);
        }
        cr_assert_fail("walk %lld: %s", (long long)seed, wrong);
    }
}

/* People act only when everything has been read, so both worlds see the same deeds at the same times. */
static void converge(const struct policy *p, int64_t seed)
{
    struct world w[2];
    struct walker k[2];
    for (int i = 0; i < 2; i++) {
        world_init(&w[i], p, &(struct world_options){.seed = (uint64_t)seed, .shuffle = i == 1});
        k[i] = (struct walker){.w = &w[i], .rng = (uint64_t)seed * UINT64_C(0xA0761D6478BD642F) + 3, .prompt = true};
    }
    for (int step = 0; step < ACTIONS; step++) {
        for (int i = 0; i < 2; i++) {
            int what = walker_draw(&k[i], 20);
            if (step == 0 || what == 0) {
                walker_arrive(&k[i]);
            } else if (what < 6) {
                walker_wait(&k[i]);
            } else {
                walker_act(&k[i]);
            }
            world_drain(&w[i]);
        }
        compare(&w[0], &w[1], seed);
    }
    for (int i = 0; i < 2; i++) world_deinit(&w[i]);
}

Test(walk, any_order_of_reading_comes_to_the_same, .timeout = 3600)
{
    const struct policy *p = story_default_policy();
    int64_t first = first_seed(), n = how_many(4);
    for (int64_t seed = first; seed < first + n; seed++) converge(p, seed);
}
