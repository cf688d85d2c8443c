/* redressctl policy propose | approve | deny (SL-8): two people of head office for each change of the policy. */
#include <argp.h>
#include <inttypes.h>

#include "cli/console.h"
#include "cli/policy_change.h"
#include "cli/policy_proposal.h"
#include "policy/change.h"

struct options {
    const char *words[1];
    int n_words;
    const char *calendar, *as, *reason;
    enum open_deadlines moving;
};

enum { KEY_PIN = 1000, KEY_MOVE };

#define AS_OPTION                                                                                                      \
    {                                                                                                                  \
        "as", 'a', "ROLE:ID", 0, "required: who, in which role at head office", 0                                      \
    }

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'c': o->calendar = arg; return 0;
    case 'a': o->as = arg; return 0;
    case 'r': o->reason = arg; return 0;
    case KEY_PIN: o->moving = OPEN_DEADLINES_PIN; return 0;
    case KEY_MOVE: o->moving = OPEN_DEADLINES_MOVE; return 0;
    case ARGP_KEY_ARG:
        if (o->n_words == 1) return ARGP_ERR_UNKNOWN;
        o->words[o->n_words++] = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ROLE:ID as one of the organisation would name himself; NULL when the text is no such thing. */
static const struct actor *read_actor(const char *text, struct arena *a)
{
    struct actor *who = ARENA_NEW(a, struct actor);
    json_t *said = text != NULL ? console_actor(text) : NULL;
    if (said == NULL) return NULL;
    who->id = arena_strdup(a, json_string_value(json_object_get(said, "id")));
    who->org_id = arena_strdup(a, json_string_value(json_object_get(said, "org_id")));
    bool known = role_parse(json_string_value(json_object_get(said, "role")), &who->role);
    json_decref(said);
    return known ? who : NULL;
}

static int need_actor(const struct cli *cli, const char *as)
{
    return as == NULL ? cli_usage(cli, "--as ROLE:ID: who is it that does this?")
                      : cli_usage(cli, "--as '%s' is not ROLE:ID of a known role", as);
}

/* ---- propose ---- */

static int lay_down(struct policy_change *c, const struct options *o, const struct actor *who, struct err *e)
{
    bool nothing_new;
    struct pol_proposal head = {.revision = c->next->revision,
                                .open_deadlines = c->moves ? OPEN_DEADLINES_MOVE : OPEN_DEADLINES_PIN,
                                .by = who,
                                .at_ms = c->now_ms,
                                .reason = o->reason};
    const char *why = change_proposer_fault((struct policy_moment){c->now, c->now_ms}, who);
    if (why == NULL) why = change_objection(c, &nothing_new);
    if (why == NULL && nothing_new) why = "this is the policy in force";
    if (why != NULL) return change_refuse(c->cli, why);
    if (!change_find_moves(c, e) || !proposal_make(c->root, c->pack, c->calendar, &head, e)) return cli_fail(c->cli, e);
    change_tell(c, json_pack("{s:I}", "proposal", (json_int_t)head.proposal));
    if (!c->cli->json)
        printf("proposal %" PRId64 " is laid down; a %s decides: redressctl policy approve %" PRId64 " --as %s:ID\n",
               head.proposal, role_name(c->now->pack->approved_by), head.proposal,
               role_name(c->now->pack->approved_by));
    return CLI_OK;
}

int policy_propose(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        AS_OPTION,
        {"reason", 'r', "TEXT", 0, "required: why the policy changes", 0},
        {"calendar", 'c', "DIR", 0, "folder of the calendars (default: those in force)", 0},
        {"move", KEY_MOVE, NULL, 0, "running deadlines are counted anew (default: as the pack says)", 0},
        {"pin", KEY_PIN, NULL, 0, "running deadlines stay as they are", 0},
        {0}};
    static const struct argp parser = {
        options,
        parse,
        "PACKDIR",
        "Propose the next revision of the policy. What is in the folder now is kept for whoever approves it.",
        0,
        0,
        0};
    struct options o = {0};
    struct err e = ERR_INIT;
    struct policy_change c;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.n_words != 1) return cli_usage(cli, "needs the folder of the pack");
    if (o.reason == NULL || *o.reason == '\0') return cli_usage(cli, "--reason TEXT: why does the policy change?");
    bool well = change_open(cli, &c, &e);
    const struct actor *who = well ? read_actor(o.as, &c.arena) : NULL;
    c.pack = o.words[0];
    c.calendar = o.calendar;
    int rc;
    if (!well)
        rc = cli_fail(cli, &e);
    else if (who == NULL)
        rc = need_actor(cli, o.as);
    else
        rc = change_load(&c, o.moving, &e) ? lay_down(&c, &o, who, &e) : cli_fail(cli, &e);
    change_close(&c);
    return rc;
}

/* ---- approve and deny ---- */

static int tell_verdict(const struct cli *cli, int64_t number, const struct pol_verdict *v)
{
    if (cli->json)
        cli_print_json(
            json_pack("{s:I, s:b, s:s}", "proposal", (json_int_t)number, "approved", v->approved, "by", v->by->id));
    else if (v->approved)
        printf("proposal %" PRId64 " is approved; redressctl policy apply %" PRId64 " puts it into force\n", number,
               number);
    else
        printf("proposal %" PRId64 " is denied\n", number);
    return CLI_OK;
}

static int decide(struct policy_change *c, int64_t number, const struct pol_verdict *v, struct err *e)
{
    struct proposal p;
    bool taken;
    int rc = change_find_proposal(c, number, &p, e);
    if (rc != CLI_OK) return rc;
    const char *why = change_approver_fault((struct policy_moment){c->now, c->now_ms}, p.head->by, v->by);
    if (p.head->revision != c->now->revision + 1) why = change_overtaken;
    if (p.verdict != NULL) why = p.verdict->approved ? "it has been approved already" : "it has been denied already";
    if (why != NULL) return change_refuse(c->cli, why);
    if (proposal_decide(&p, v, &taken, e)) return tell_verdict(c->cli, number, v);
    return taken ? change_refuse(c->cli, "somebody else has just decided it") : cli_fail(c->cli, e);
}

static int verdict(struct cli *cli, const struct options *o, bool approved)
{
    struct err e = ERR_INIT;
    struct policy_change c;
    int rc;
    int64_t number = o->n_words == 1 ? change_number(o->words[0]) : 0;
    if (number == 0) return cli_usage(cli, "needs the number of a proposal");
    bool well = change_open(cli, &c, &e);
    const struct actor *who = well ? read_actor(o->as, &c.arena) : NULL;
    struct pol_verdict v = {.approved = approved, .by = who, .at_ms = c.now_ms, .reason = o->reason};
    if (!well)
        rc = cli_fail(cli, &e);
    else
        rc = who == NULL ? need_actor(cli, o->as) : decide(&c, number, &v, &e);
    change_close(&c);
    return rc;
}

int policy_approve(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {AS_OPTION, {0}};
    static const struct argp parser = {
        options, parse, "PROPOSAL", "Approve a proposed change of the policy, as another person than who proposed it.",
        0,       0,     0};
    struct options o = {0};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    return verdict(cli, &o, true);
}

int policy_deny(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        AS_OPTION, {"reason", 'r', "TEXT", 0, "required: why it must not come", 0}, {0}};
    static const struct argp parser = {options, parse, "PROPOSAL", "Deny a proposed change of the policy.", 0, 0, 0};
    struct options o = {0};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.reason == NULL || *o.reason == '\0') return cli_usage(cli, "--reason TEXT: why must it not come?");
    return verdict(cli, &o, false);
}
