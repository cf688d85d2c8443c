/* What core_step promises, proven on a toy core: a dispatch-shaped machine whose rows each keep or break one promise.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/buf.h"
#include "event/core.h"

static struct arena arena;
static struct decision decision;
static struct dispatch_state next;

static void setup(void)
{
    arena_init(&arena);
    decision = (struct decision){.arena = &arena};
}

static void teardown(void) { arena_deinit(&arena); }

TestSuite(core, .init = setup, .fini = teardown);

static enum verdict assign(struct step *s)
{
    struct dispatch_state *n = s->next;
    struct ev_dispatch_assigned *out = decision_emit(s->out, EV_DISPATCH_ASSIGNED);
    out->brief = ((const struct ev_intake_registered *)s->in->data)->brief;
    n->status = DISPATCH_STATUS_ASSIGNED;
    n->brief = out->brief;
    return VERDICT_DONE;
}

static enum verdict refuse_half_way(struct step *s)
{
    ((struct dispatch_state *)s->next)->status = DISPATCH_STATUS_RELEASED;
    decision_emit(s->out, EV_DISPATCH_RELEASED);
    return step_refuse(s, "DI-3", "not_your_unit", "O-E1 has the case");
}

static enum verdict jump(struct step *s)
{
    ((struct dispatch_state *)s->next)->status = DISPATCH_STATUS_RELEASED;
    decision_emit(s->out, EV_DISPATCH_RELEASED);
    return VERDICT_DONE;
}

static enum verdict change_silently(struct step *s)
{
    static const struct assignment a = {.version = 2};
    ((struct dispatch_state *)s->next)->assignment = &a;
    return VERDICT_DONE;
}

static enum verdict say_nothing(struct step *s)
{
    (void)s;
    return VERDICT_DONE;
}

static enum verdict scribble_and_ignore(struct step *s)
{
    decision_emit(s->out, EV_DISPATCH_RELEASED);
    return change_silently(s) == VERDICT_DONE ? VERDICT_IGNORED : VERDICT_BROKEN;
}

static enum verdict flood(struct step *s)
{
    for (int i = 0; i < DECISION_MAX_OUTPUTS + 1; i++) decision_emit(s->out, EV_DISPATCH_RELEASED);
    return VERDICT_DONE;
}

static enum verdict refuse_without_rule(struct step *s) { return step_refuse(s, NULL, "just_no", NULL); }

static enum verdict give_up(struct step *s) { return step_broken(s, "no_head_office"); }

enum { NONE = DISPATCH_STATUS_NONE, ASSIGNED = DISPATCH_STATUS_ASSIGNED, RELEASED = DISPATCH_STATUS_RELEASED };

static const struct transition table[] = {
    {NONE, EV_INTAKE_REGISTERED, assign, TO(ASSIGNED), "DI-1"},
    {ASSIGNED, EV_COMMAND_ASSIGN_HANDLER, refuse_half_way, TO(ASSIGNED), "DI-3; a person"},
    {ASSIGNED, EV_INTAKE_CLOSED, jump, TO(RELEASED), "RV-1"},
    {ASSIGNED, EV_INTAKE_REGISTERED, jump, TO(ASSIGNED), "breaks: not an allowed status"},
    {ASSIGNED, EV_ESCALATION_TAKEN_OVER, change_silently, TO(ASSIGNED), "breaks: no event"},
    {ASSIGNED, EV_INTAKE_REOPENED, say_nothing, TO(ASSIGNED), "nothing to do"},
    {ASSIGNED, EV_INTAKE_PROGRESSED, scribble_and_ignore, TO(ASSIGNED), "ignores after all"},
    {ASSIGNED, EV_INTAKE_CONTACT_ADDED, flood, TO(ASSIGNED), "breaks: too many"},
    {ASSIGNED, EV_INTAKE_RESPONDED, give_up, TO(ASSIGNED), "breaks"},
    {ASSIGNED, EV_INTAKE_REVIEWED, refuse_half_way, TO(ASSIGNED), "breaks: refuses a fact"},
    {ASSIGNED, EV_COMMAND_CONTACT, refuse_without_rule, TO(ASSIGNED), "breaks: no rule"},
    {ASSIGNED, EV_COMMAND_CLASSIFY, say_nothing, TO(ASSIGNED), "breaks: no answer"},
    {ASSIGNED, EV_COMMAND_REVIEW, scribble_and_ignore, TO(ASSIGNED), "breaks: no answer"},
};

static const struct guard guards[] = {
    {EV_COMMAND_ASSIGN_HANDLER, TO(NONE), "DI-1"},
    {EV_COMMAND_ASSIGN_HANDLER, TO(RELEASED), "RV-1"},
};

static const struct core toy = {
    .service = "dispatch",
    .state = &dispatch_state_desc,
    .status_names = dispatch_status_names,
    .n_statuses = DISPATCH_STATUS_COUNT,
    .table = table,
    .n_transitions = sizeof table / sizeof table[0],
    .guards = guards,
    .n_guards = sizeof guards / sizeof guards[0],
    .refused = EV_DISPATCH_COMMAND_REFUSED,
};

static const struct brief brief = {.case_no = "RF-1"};
static const struct ev_intake_registered registered = {.brief = &brief};
static const struct dispatch_state unknown = {0}, assigned = {.status = DISPATCH_STATUS_ASSIGNED, .brief = &brief};

static enum verdict step(const struct dispatch_state *state, enum event_type type)
{
    const struct input in = {.type = type, .data = &registered, .id = "console.1.7"};
    return core_step(&toy, NULL, state, &in, &next, &decision);
}

static void expect_as_before(const struct dispatch_state *state)
{
    cr_expect(desc_equal(&dispatch_state_desc, state, &next), "the state must be as before");
}

static void expect_broken(enum event_type type, const char *reason)
{
    cr_expect_eq(step(&assigned, type), VERDICT_BROKEN, "%s", event_name(type));
    cr_expect_str_eq(decision.reason, reason);
    cr_expect_eq(decision.n_outputs, 0);
    expect_as_before(&assigned);
}

static void expect_refusal(const char *command, const char *rule, const char *reason, const char *detail)
{
    cr_assert_eq(decision.n_outputs, 1);
    cr_assert_eq(decision.outputs[0].type, EV_DISPATCH_COMMAND_REFUSED);
    const struct ev_dispatch_command_refused expected = {
        .command_id = "console.1.7", .command = command, .rule = rule, .reason = reason, .detail = detail};
    cr_expect(desc_equal(event_desc(EV_DISPATCH_COMMAND_REFUSED), decision.outputs[0].data, &expected));
}

Test(core, done_gives_next_state_and_outputs)
{
    cr_expect_eq(step(&unknown, EV_INTAKE_REGISTERED), VERDICT_DONE);
    cr_expect_eq(next.status, DISPATCH_STATUS_ASSIGNED);
    cr_expect_eq(decision.n_outputs, 1);
    cr_expect_eq(decision.outputs[0].type, EV_DISPATCH_ASSIGNED);
    cr_expect_eq(((const struct ev_dispatch_assigned *)decision.outputs[0].data)->brief, &brief);
}

Test(core, a_decision_may_be_used_again)
{
    step(&assigned, EV_COMMAND_ASSIGN_HANDLER);
    cr_expect_eq(step(&assigned, EV_INTAKE_CLOSED), VERDICT_DONE);
    cr_expect_eq(decision.n_outputs, 1);
    cr_expect(!decision.rule && !decision.reason && !decision.detail);
}

Test(core, a_fact_without_a_row_is_ignored)
{
    cr_expect_eq(step(&assigned, EV_PAYMENT_SETTLED), VERDICT_IGNORED);
    cr_expect_eq(step(&unknown, EV_INTAKE_CLOSED), VERDICT_IGNORED);
    expect_as_before(&unknown);
    cr_expect_eq(step(&assigned, EV_INTAKE_REOPENED), VERDICT_IGNORED, "done without change or output");
    cr_expect_eq(step(&assigned, EV_INTAKE_PROGRESSED), VERDICT_IGNORED);
    cr_expect_eq(decision.n_outputs, 0);
    expect_as_before(&assigned);
}

Test(core, a_refused_command_is_answered)
{
    cr_expect_eq(step(&assigned, EV_COMMAND_ASSIGN_HANDLER), VERDICT_REFUSED);
    expect_refusal("command.assign_handler", "DI-3", "not_your_unit", "O-E1 has the case");
    expect_as_before(&assigned);
}

Test(core, a_command_without_a_row_is_refused)
{
    const struct dispatch_state released = {.status = DISPATCH_STATUS_RELEASED};
    cr_expect_eq(step(&released, EV_COMMAND_ASSIGN_HANDLER), VERDICT_REFUSED);
    expect_refusal("command.assign_handler", "RV-1", "not_in_this_state", NULL);
    expect_as_before(&released);
    cr_expect_eq(step(&unknown, EV_COMMAND_ASSIGN_HANDLER), VERDICT_REFUSED);
    expect_refusal("command.assign_handler", "DI-1", "no_such_case", NULL);
    expect_as_before(&unknown);
}

Test(core, another_services_command_is_ignored)
{
    cr_expect_eq(step(&assigned, EV_COMMAND_APPROVE), VERDICT_IGNORED);
    cr_expect_eq(step(&unknown, EV_COMMAND_APPROVE), VERDICT_IGNORED);
    cr_expect_eq(decision.n_outputs, 0);
}

Test(core, broken_promises_are_named)
{
    expect_broken(EV_INTAKE_REGISTERED, "status_not_allowed");
    expect_broken(EV_ESCALATION_TAKEN_OVER, "change_without_event");
    expect_broken(EV_INTAKE_CONTACT_ADDED, "too_many_outputs");
    expect_broken(EV_INTAKE_RESPONDED, "no_head_office");
    expect_broken(EV_INTAKE_REVIEWED, "refused_what_is_no_command");
    cr_expect_str_eq(decision.detail, "not_your_unit");
    expect_broken(EV_COMMAND_CLASSIFY, "command_without_answer");
    expect_broken(EV_COMMAND_REVIEW, "command_without_answer");
    expect_broken(EV_COMMAND_CONTACT, "refused_without_rule");
    cr_expect_str_eq(decision.detail, "just_no");
    cr_expect_eq(step(&unknown, EV_COMMAND_CLASSIFY), VERDICT_BROKEN, "no row, no guard");
    cr_expect_str_eq(decision.reason, "refused_without_rule");
}

Test(core, a_state_of_another_version_is_broken)
{
    const struct dispatch_state odd = {.status = (enum dispatch_status)9};
    cr_expect_eq(step(&odd, EV_INTAKE_CLOSED), VERDICT_BROKEN);
    cr_expect_str_eq(decision.reason, "unknown_status");
}

Test(core, handles_what_has_a_row)
{
    cr_expect(core_handles(&toy, EV_INTAKE_CLOSED));
    cr_expect_not(core_handles(&toy, EV_PAYMENT_SETTLED));
}

Test(core, draws_its_table)
{
    struct buf out = BUF_INIT;
    core_diagram(&toy, &out);
    cr_expect_eq(strncmp(out.bytes, "stateDiagram-v2\n    [*] --> none\n", 33), 0, "%s", out.bytes);
    cr_expect(strstr(out.bytes, "    none --> assigned : intake.registered (DI-1)\n"));
    cr_expect(strstr(out.bytes, "    assigned --> assigned : command.assign_handler (DI-3, a person)\n"));
    buf_deinit(&out);
}
