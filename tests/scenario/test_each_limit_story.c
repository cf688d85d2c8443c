/* Every limit of the shipped policy in a case that has it (SL-2, SL-3, SL-4): met by its answer; neglected, warned of
 * once and missed once; and where it may stand still, standing still and going on. What starts, answers and holds a
 * limit here are people and the services they lead to, so an event the policy names and nobody tells is found out. */
#include <criterion/criterion.h>
#include <string.h>

#include "limit_stories.h"
#include "story.h"

TestSuite(each_limit_story, .timeout = 120);

enum { DAY_MS = 24 * 3600 * 1000 };

/* ---- what is looked at ---- */

/* The limit of that definition; of several the first. */
static struct limit limit_by(const char *code)
{
    const struct sla_state *s = world_state(story_world, the_case(), SLA);
    size_t n = strlen(code);
    for (int i = 0; i < s->n_limits; i++) {
        const char *own = s->limits[i].code;
        if (strncmp(own, code, n) == 0 && (own[n] == '\0' || own[n] == '#')) return s->limits[i];
    }
    cr_assert_fail("the case has no limit %s", code);
    return (struct limit){0};
}

/* How often that happened to this version of it. */
static int told(enum event_type type, const struct limit *l)
{
    int n = 0;
    for (int i = 0; i < story_world->n_facts; i++) {
        const struct happening *f = &story_world->facts[i];
        if (f->type != type || f->case_id != the_case()) continue;
        const char *code = NULL;
        int64_t ver = 0;
        if (type == EV_SLA_BREACHED) {
            const struct ev_sla_breached *e = f->data;
            code = e->code, ver = e->ver;
            if (strcmp(code, l->code) == 0) cr_assert_eq(e->late_ms, 0, "%s: %lld late", code, (long long)e->late_ms);
        } else if (type == EV_SLA_WARNED) {
            code = ((const struct ev_sla_warned *)f->data)->code, ver = ((const struct ev_sla_warned *)f->data)->ver;
        } else if (type == EV_SLA_MET) {
            code = ((const struct ev_sla_met *)f->data)->code, ver = ((const struct ev_sla_met *)f->data)->ver;
        } else if (type == EV_ESCALATION_SLIP_ISSUED) {
            const struct ev_escalation_slip_issued *e = f->data;
            code = e->code, ver = e->ver;
        }
        n += strcmp(code, l->code) == 0 && ver == l->ver;
    }
    return n;
}

static void expect_told(enum event_type type, const struct limit *l, int n)
{
    cr_assert_eq(told(type, l), n, "%s of %s: %d, not %d", event_name(type), l->code, told(type, l), n);
}

static struct limit reached(const struct limit_story *s, void (*reach)(void), enum limit_state state)
{
    story_begin();
    reach();
    struct limit l = limit_by(s->code);
    cr_assert_eq(l.state, state, "%s is %s, not %s", s->code, limit_state_name(l.state), limit_state_name(state));
    return l;
}

/* ---- the stories ---- */

Test(each_limit_story, SL_4_no_limit_of_the_policy_is_without_its_story)
{
    story_begin();
    for (int i = 0; i < story_world->policy->n_limits; i++) {
        const struct pol_limit_def *def = story_world->policy->limits[i].def;
        int k = 0;
        while (k < limit_stories_n && strcmp(limit_stories[k].code, def->code) != 0) k++;
        cr_assert_lt(k, limit_stories_n, "%s has no story", def->code);
        bool may_stand_still = def->n_pause > 0;
        cr_assert_eq(may_stand_still, limit_stories[k].reach_held != NULL, "%s stands still", def->code);
        cr_assert_eq(def->n_resume > 0, may_stand_still, "%s goes on", def->code);
        cr_assert_eq(def->responsible == ROLE_CUSTOMER, def->binds_customer, "%s ends at 24:00", def->code);
        bool reminder = policy_is_reminder(story_world->policy, def->code);
        cr_assert_neq(reminder, def->has_warn_percent && def->warn_percent == 80, "%s is warned of", def->code);
    }
    story_end();
}

Test(each_limit_story, SL_2_each_limit_is_met_by_its_answer)
{
    for (int i = 0; i < limit_stories_n; i++) {
        const struct limit_story *s = &limit_stories[i];
        struct limit l = reached(s, s->reach_soon != NULL ? s->reach_soon : s->reach, LIMIT_STATE_ARMED);
        s->meet();
        expect_told(EV_SLA_MET, &l, 1);
        advance_days(60);
        expect_told(EV_SLA_BREACHED, &l, 0);
        expect_told(EV_ESCALATION_SLIP_ISSUED, &l, 0);
        expect_sound();
        story_end();
    }
}

/* SL-3, ES-1: the warning at its point and not before, the miss at the due and not before, each once for the version;
 * the slip follows where the policy says so. */
Test(each_limit_story, SL_3_each_limit_is_warned_of_once_and_missed_once)
{
    for (int i = 0; i < limit_stories_n; i++) {
        const struct limit_story *s = &limit_stories[i];
        struct limit l = reached(s, s->reach, LIMIT_STATE_ARMED);
        const struct pol_limit_def *def = policy_limit(story_world->policy, l.code)->def;
        int warnings = l.has_warn_ms, slips = def->on_miss == ON_MISS_SLIP;
        cr_assert_eq(warnings, def->has_warn_percent && def->warn_percent > 0, "%s is warned of", s->code);
        if (warnings) {
            advance_to(l.warn_ms - 1);
            expect_told(EV_SLA_WARNED, &l, 0);
            advance_to(l.warn_ms);
            expect_told(EV_SLA_WARNED, &l, 1);
        }
        advance_to(l.due_ms - 1);
        expect_told(EV_SLA_BREACHED, &l, 0);
        advance_to(l.due_ms);
        expect_told(EV_SLA_BREACHED, &l, 1);
        expect_told(EV_ESCALATION_SLIP_ISSUED, &l, slips);
        advance_days(60);
        expect_told(EV_SLA_WARNED, &l, warnings);
        expect_told(EV_SLA_BREACHED, &l, 1);
        expect_told(EV_ESCALATION_SLIP_ISSUED, &l, slips);
        expect_sound();
        story_end();
    }
}

/* IN-6, ES-8: what is held is not missed however long, moves by the time it stood still, and is missed after that. */
Test(each_limit_story, SL_2_each_limit_that_may_stand_still_does)
{
    for (int i = 0; i < limit_stories_n; i++) {
        const struct limit_story *s = &limit_stories[i];
        if (s->reach_held == NULL) continue;
        struct limit l = reached(s, s->reach_held, LIMIT_STATE_PAUSED);
        advance_days(5);
        cr_assert_eq(limit_by(s->code).state, LIMIT_STATE_PAUSED, "%s went on by itself", s->code);
        expect_told(EV_SLA_BREACHED, &l, 0);
        s->go_on();
        struct limit on = limit_by(s->code);
        cr_assert_eq(on.state, LIMIT_STATE_ARMED, "%s does not go on", s->code);
        cr_assert(on.ver == l.ver + 1 && on.n_pauses == 1 && on.due_ms >= l.due_ms + 4 * (int64_t)DAY_MS);
        advance_to(on.due_ms - 1);
        expect_told(EV_SLA_BREACHED, &on, 0);
        advance_to(on.due_ms);
        expect_told(EV_SLA_BREACHED, &on, 1);
        expect_sound();
        story_end();
    }
}
