/* Duties that recur (SL-1), in the SLA core: a call to the customer every second day, and a report every week, counted
 * from the last fulfilment, standing still with their case; each period missed once (SL-3), also when topics are read
 * late. */
#include "sla_kit.h"

/* The shipped policy and two duties, that begin with the acknowledgement and end with the result. */
struct duties {
    struct policy policy;
    struct policy_limit limits[2];
    struct pol_limit_def defs[2];
    struct pol_length lengths[2];
};

static struct kit k;
static struct duties duties;
static const struct policy *shipped;

static const enum event_type START[] = {EV_INTAKE_ACKNOWLEDGED}, DONE[] = {EV_INTAKE_PROGRESSED},
                             PAUSE[] = {EV_ESCALATION_DISPUTE_OPENED}, RESUME[] = {EV_ESCALATION_DISPUTE_ENDED},
                             END[] = {EV_INTAKE_RESULT_NOTICED, EV_APPROVAL_REJECTED};

static void add_duty(int i, const char *code, enum limit_unit unit, int n)
{
    duties.lengths[i] = (struct pol_length){.unit = unit, .has_n = true, .n = n};
    duties.defs[i] = (struct pol_limit_def){.code = code,
                                            .title = code,
                                            .length = &duties.lengths[i],
                                            .has_warn_percent = true,
                                            .warn_percent = 50,
                                            .responsible = ROLE_HANDLER,
                                            .on_miss = ON_MISS_SLIP};
    duties.limits[i] = (struct policy_limit){.def = &duties.defs[i],
                                             .edges = {[POLICY_START] = {1, START},
                                                       [POLICY_STOP] = {1, DONE},
                                                       [POLICY_PAUSE] = {1, PAUSE},
                                                       [POLICY_RESUME] = {1, RESUME},
                                                       [POLICY_CANCEL] = {2, END}}};
}

static void set_up(void)
{
    k = kit_open(&sla_core);
    shipped = k.policy;
    duties = (struct duties){.policy = *shipped};
    add_duty(0, "call", LIMIT_UNIT_EVERY_DAYS, 2);
    add_duty(1, "report", LIMIT_UNIT_EVERY_WEEKS, 1);
    duties.policy.n_limits = 1;
    duties.policy.limits = duties.limits;
    k.policy = &duties.policy;
}

static void tear_down(void)
{
    k.policy = shipped;
    kit_close(&k);
}

TestSuite(recurrence, .init = set_up, .fini = tear_down);

static const struct limit *limit(const char *code) { return kit_limit(&k, code); }

static void expect_due(const char *code, const char *when)
{
    char due[TIMEFMT_SIZE];
    cr_assert_eq(limit(code)->due_ms, kit_ms(when), "%s: %s", code, timefmt_utc(limit(code)->due_ms, due));
}

static int misses(void) { return (int)((const struct sla_state *)k.state)->misses; }

static const char *fire(bool warning)
{
    char data[200];
    const struct limit *l = limit("call");
    int64_t at = warning ? l->warn_ms : l->due_ms;
    snprintf(data, sizeof data, "{'code':'call','ver':%lld,'warning':%s,'due_ms':%lld}", (long long)l->ver,
             warning ? "true" : "false", (long long)at);
    kit_feed_at(&k, "sla.timer_fired", data, at, at);
    kit_check_encodable(&k);
    return kit_said(&k);
}

/* Took place at one time, read at another. */
static const char *read_late(const char *type, const char *when, const char *read)
{
    kit_feed_at(&k, type, NULL, kit_ms(when), kit_ms(read));
    kit_check_encodable(&k);
    return kit_said(&k);
}

static const char *happens(const char *type, const char *when) { return read_late(type, when, when); }

/* Begun on Monday 10:00: by Wednesday's close. */
static void begin(void) { cr_assert_str_eq(happens("intake.acknowledged", "2026-03-02 10:00"), "sla.armed"); }

Test(recurrence, SL_1_a_duty_counts_from_its_last_fulfilment)
{
    begin();
    expect_due("call", "2026-03-04 18:00");
    cr_assert_str_eq(happens("intake.progressed", "2026-03-03 15:00"), "sla.met sla.armed");
    expect_due("call", "2026-03-05 18:00");
    cr_assert_eq(limit("call")->ver, 2);
    cr_assert_eq(limit("call")->start_ms, kit_ms("2026-03-03 15:00"));
    /* a Sunday is a date like others: it is not rolled */
    cr_assert_str_eq(happens("intake.progressed", "2026-03-05 15:00"), "sla.met sla.armed");
    cr_assert_str_eq(happens("intake.progressed", "2026-03-06 15:00"), "sla.met sla.armed");
    expect_due("call", "2026-03-08 18:00");
    cr_assert_eq(misses(), 0);
}

Test(recurrence, SL_1_weekly_means_calendar_weeks)
{
    duties.policy.limits = &duties.limits[1];
    cr_assert_str_eq(happens("intake.acknowledged", "2026-03-04 10:00"), "sla.armed");
    expect_due("report", "2026-03-15 18:00");
    cr_assert_str_eq(happens("intake.progressed", "2026-03-09 09:00"), "sla.met sla.armed");
    expect_due("report", "2026-03-22 18:00");
}

/* SL-3: each period is warned of once and missed once; the next one begins where it ended, not when it was noticed. */
Test(recurrence, SL_3_each_period_is_missed_once)
{
    begin();
    cr_assert_str_eq(fire(true), "sla.warned");
    cr_assert_str_eq(fire(true), "ignored");
    cr_assert_str_eq(fire(false), "sla.breached sla.armed");
    const struct ev_sla_breached *miss = kit_output(&k, EV_SLA_BREACHED, 0);
    cr_assert(miss->ver == 1 && miss->round == 1 && miss->late_ms == 0);
    expect_due("call", "2026-03-06 18:00");
    cr_assert_str_eq(limit("call")->start_id, "e1", "not the timer: nobody could look it up");
    cr_assert_str_eq(fire(true), "sla.warned");
    cr_assert_str_eq(fire(false), "sla.breached sla.armed");
    cr_assert_eq(misses(), 2);
    /* too late for those two; the next is counted from here */
    cr_assert_str_eq(happens("intake.progressed", "2026-03-07 12:00"), "sla.ended sla.ended sla.cancelled sla.armed");
    expect_due("call", "2026-03-09 18:00");
    cr_assert_eq(limit("call")->n_missed, 0);
    cr_assert_str_eq(happens("intake.progressed", "2026-03-08 12:00"), "sla.met sla.armed");
    cr_assert_eq(misses(), 2);
}

/* After days without service the fulfilment is read before the timers of the periods that had passed by then. */
Test(recurrence, SL_3_what_had_passed_was_missed_whichever_timer_was_read)
{
    begin();
    cr_assert_str_eq(happens("intake.progressed", "2026-03-07 12:00"),
                     "sla.breached sla.armed sla.breached sla.armed sla.ended sla.ended sla.cancelled sla.armed");
    cr_assert_eq(misses(), 2);
    expect_due("call", "2026-03-09 18:00");
}

/* The version's timer, read when the service is back. */
static const char *fire_late(const char *read)
{
    char data[200];
    const struct limit *l = limit("call");
    snprintf(data, sizeof data, "{'code':'call','ver':%lld,'warning':false,'due_ms':%lld}", (long long)l->ver,
             (long long)l->due_ms);
    kit_feed_at(&k, "sla.timer_fired", data, kit_ms(read), kit_ms(read));
    kit_check_encodable(&k);
    return kit_said(&k);
}

/* Down from Tuesday to Monday: every period that ended meanwhile has a miss of its own with its own due and lateness;
 * done at last, each of them is answered for. */
Test(recurrence, SL_3_each_period_missed_while_the_service_was_down_is_told)
{
    static const char *const dues[] = {"2026-03-04 18:00", "2026-03-06 18:00", "2026-03-08 18:00"};
    begin();
    for (int i = 0; i < 3; i++) {
        cr_assert_str_eq(fire_late("2026-03-09 12:00"),
                         i == 0 ? "sla.warned sla.breached sla.armed" : "sla.breached sla.armed");
        const struct ev_sla_breached *miss = kit_output(&k, EV_SLA_BREACHED, 0);
        cr_assert(miss->ver == i + 1 && miss->round == i + 1 && miss->due_ms == kit_ms(dues[i]));
        cr_assert_eq(miss->late_ms, kit_ms("2026-03-09 12:00") - kit_ms(dues[i]));
    }
    cr_assert_str_eq(fire_late("2026-03-09 12:00"), "ignored", "the period that runs is not over");
    cr_assert_str_eq(happens("intake.progressed", "2026-03-09 13:00"),
                     "sla.ended sla.ended sla.ended sla.cancelled sla.armed");
    for (int i = 0; i < 3; i++) {
        const struct ev_sla_ended *ended = kit_output(&k, EV_SLA_ENDED, i);
        cr_assert(ended->ver == i + 1 && ended->due_ms == kit_ms(dues[i]));
        cr_assert_eq(ended->late_ms, kit_ms("2026-03-09 13:00") - kit_ms(dues[i]));
    }
    cr_assert_eq(misses(), 3);
    cr_assert_str_eq(happens("intake.progressed", "2026-03-10 13:00"), "sla.met sla.armed", "and only once");
}

/* Done within the second of three missed periods, and read after all of them: too late for the first, in time for the
 * second, and the third never was. */
Test(recurrence, SL_3_a_fulfilment_read_late_is_judged_by_each_missed_period)
{
    begin();
    for (int i = 0; i < 3; i++) fire(false);
    cr_assert_eq(misses(), 3);
    cr_assert_str_eq(read_late("intake.progressed", "2026-03-06 12:00", "2026-03-08 19:00"),
                     "sla.ended sla.annulled sla.annulled sla.cancelled sla.armed");
    cr_assert_eq(((const struct ev_sla_ended *)kit_output(&k, EV_SLA_ENDED, 0))->ver, 1);
    cr_assert_eq(((const struct ev_sla_annulled *)kit_output(&k, EV_SLA_ANNULLED, 0))->ver, 2);
    cr_assert_eq(((const struct ev_sla_annulled *)kit_output(&k, EV_SLA_ANNULLED, 1))->ver, 3);
    cr_assert(misses() == 1 && limit("call")->misses == 1 && limit("call")->n_missed == 0);
    expect_due("call", "2026-03-08 18:00");
}

Test(recurrence, SL_3_a_fulfilment_in_time_read_late_annuls_the_miss)
{
    begin();
    fire(false);
    cr_assert_str_eq(read_late("intake.progressed", "2026-03-04 17:00", "2026-03-04 19:00"),
                     "sla.annulled sla.cancelled sla.armed");
    const struct ev_sla_annulled *annulled = kit_output(&k, EV_SLA_ANNULLED, 0);
    cr_assert(annulled->ver == 1 && annulled->due_ms == kit_ms("2026-03-04 18:00"));
    cr_assert_eq(misses(), 0);
    cr_assert_eq(limit("call")->misses, 0);
    expect_due("call", "2026-03-06 18:00");
    /* one from before what is owed says nothing */
    cr_assert_str_eq(read_late("intake.progressed", "2026-03-04 16:00", "2026-03-04 20:00"), "ignored");
    /* of a duty that has ended a miss that was none is annulled still */
    fire(false);
    cr_assert_str_eq(happens("intake.result_noticed", "2026-03-06 20:00"), "sla.cancelled");
    cr_assert_str_eq(read_late("intake.progressed", "2026-03-06 11:00", "2026-03-06 21:00"), "sla.annulled");
    cr_assert_eq(misses(), 0);
}

/* Two days of standing still move it by two days; a pause that is read after the miss takes the miss back. */
Test(recurrence, SL_2_a_duty_stands_still_with_its_case)
{
    begin();
    cr_assert_str_eq(happens("escalation.dispute_opened", "2026-03-03 12:00"), "sla.paused");
    /* done while nobody asks for it: the next period stands still from its beginning */
    cr_assert_str_eq(happens("intake.progressed", "2026-03-04 12:00"), "sla.met sla.armed");
    cr_assert_eq(limit("call")->state, LIMIT_STATE_PAUSED);
    cr_assert_str_eq(happens("escalation.dispute_ended", "2026-03-06 12:00"), "sla.resumed");
    expect_due("call", "2026-03-08 18:00"); /* Friday's close and two days: Sunday */
    fire(false);
    cr_assert_eq(misses(), 1);
    cr_assert_str_eq(read_late("escalation.dispute_opened", "2026-03-08 12:00", "2026-03-09 01:00"),
                     "sla.annulled sla.cancelled sla.armed");
    cr_assert_eq(misses(), 0);
    cr_assert_eq(limit("call")->state, LIMIT_STATE_PAUSED);
    cr_assert_eq(limit("call")->paused_ms, kit_ms("2026-03-08 12:00"));
    cr_assert_eq(limit("call")->n_pauses, 1, "that of the week before still counts");
    cr_assert_str_eq(happens("escalation.dispute_ended", "2026-03-09 12:00"), "sla.resumed");
    expect_due("call", "2026-03-09 18:00"); /* a day later */
}

/* Standing still over three of its periods it is missed in none; what was missed before stays missed, and what stood
 * still already is owed again. */
Test(recurrence, SL_2_nothing_is_missed_while_its_case_stands_still)
{
    begin();
    fire(false);
    cr_assert_str_eq(happens("escalation.dispute_opened", "2026-03-05 12:00"), "sla.paused");
    cr_assert_str_eq(fire_late("2026-03-12 12:00"), "ignored");
    cr_assert_str_eq(happens("escalation.dispute_ended", "2026-03-12 12:00"), "sla.resumed");
    expect_due("call", "2026-03-13 18:00"); /* seven days later */
    fire(false);
    fire(false);
    cr_assert_eq(misses(), 3);
    cr_assert_str_eq(read_late("escalation.dispute_opened", "2026-03-13 12:00", "2026-03-16 09:00"),
                     "sla.annulled sla.annulled sla.cancelled sla.armed");
    cr_assert_eq(misses(), 1, "the first was missed while it ran");
    cr_assert_str_eq(happens("escalation.dispute_ended", "2026-03-16 12:00"), "sla.resumed");
    expect_due("call", "2026-03-16 18:00");
    cr_assert_str_eq(happens("intake.progressed", "2026-03-16 13:00"), "sla.ended sla.cancelled sla.armed");
}

/* A duty that is not in the policy any more when it is missed has no next period; done at last, its miss is answered
 * for. */
Test(recurrence, SL_3_the_miss_of_a_duty_taken_out_is_answered_for)
{
    struct policy without = duties.policy;
    begin();
    without.n_limits = 0;
    without.revision = 2;
    without.earlier = &duties.policy;
    k.policy = &without;
    cr_assert_str_eq(fire(false), "sla.warned sla.breached");
    cr_assert_eq(limit("call")->state, LIMIT_STATE_MISSED);
    cr_assert_str_eq(happens("intake.progressed", "2026-03-05 12:00"), "sla.ended");
    cr_assert(limit("call")->has_ended_ms);
    cr_assert_str_eq(happens("intake.progressed", "2026-03-06 12:00"), "ignored");
}

/* Topics may be read in any order: what was done, and what ended it, before it began. */
Test(recurrence, SL_2_fulfilled_or_ended_before_its_beginning_is_read)
{
    cr_assert_str_eq(happens("intake.progressed", "2026-03-03 10:00"), "ignored"); /* the same topic: in order */
    cr_assert_str_eq(happens("approval.rejected", "2026-03-03 11:00"), "sla.noted");
    cr_assert_str_eq(read_late("intake.acknowledged", "2026-03-02 10:00", "2026-03-03 12:00"),
                     "sla.armed sla.cancelled");
    cr_assert_str_eq(happens("intake.acknowledged", "2026-03-10 10:00"), "sla.armed");
    cr_assert_eq(limit("call")->state, LIMIT_STATE_ARMED, "the end of before is not its end");
    cr_assert_str_eq(happens("intake.closed", "2026-03-10 12:00"), "sla.cancelled");
    cr_assert_str_eq(happens("intake.progressed", "2026-03-10 13:00"), "ignored");
}

/* Nobody was reminded in a case that is taken over from before: its duties begin with the import. */
Test(recurrence, SL_1_history_owes_nothing_for_the_past)
{
    char data[400];
    snprintf(data, sizeof data,
             "{'brief':{'case_no':'RF2014-03-000017','kind':'complaint','category':'delay','phase':'construction',"
             "'severity':'normal','channel':'web','customer':{},'consent':false,'direct':false,'history':true,"
             "'received_ms':1400000000000},'materials':'complete','matter':'m'}");
    kit_feed_at(&k, "intake.registered", data, kit_ms("2014-05-14 00:53"), kit_ms("2026-03-02 10:00"));
    cr_assert_str_eq(read_late("intake.acknowledged", "2014-05-14 09:00", "2026-03-02 10:00"), "sla.armed");
    expect_due("call", "2026-03-04 18:00");
    cr_assert_str_eq(read_late("intake.progressed", "2014-05-20 09:00", "2026-03-02 10:01"), "ignored");
}
