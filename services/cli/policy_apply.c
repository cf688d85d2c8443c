/* redressctl policy apply (SL-6, SL-8): what was proposed and approved comes into force. */
#include <argp.h>
#include <inttypes.h>
#include <time.h>

#include "base/clock.h"
#include "calendar/calendar.h"
#include "cli/policy_change.h"
#include "cli/policy_folder.h"
#include "cli/policy_proposal.h"

enum { LOOK_MS = 500, PATIENCE_S = 120, TELL_MS = 5000, MOST_S = 86400 };

struct options {
    const char *words[1];
    int n_words;
    const char *calendar;
    int64_t patience_s;
    bool dry_run;
    enum open_deadlines moving;
};

enum { KEY_DRY_RUN = 1000, KEY_PIN, KEY_MOVE, KEY_PATIENCE };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'c': o->calendar = arg; return 0;
    case KEY_DRY_RUN: o->dry_run = true; return 0;
    case KEY_PIN: o->moving = OPEN_DEADLINES_PIN; return 0;
    case KEY_MOVE: o->moving = OPEN_DEADLINES_MOVE; return 0;
    case KEY_PATIENCE: o->patience_s = cli_number(state, "--patience", arg, 1, MOST_S); return 0;
    case ARGP_KEY_ARG:
        if (o->n_words == 1) return ARGP_ERR_UNKNOWN;
        o->words[o->n_words++] = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- apply ---- */

/* The sla service moves the deadlines by itself; here it is only watched, for as long as it gets on: given up when
 * nothing has been looked at for `patience_s`. Returns how many are left; -1: it cannot be seen. */
static int64_t wait_until_moved(struct policy_change *c, int64_t patience_s, struct err *e)
{
    int64_t least = INT64_MAX, moved_us = 0, told_us = clock_monotonic_us();
    for (;;) {
        int64_t left = policy_moves_left(c->pg, c->next->revision, e), now_us = clock_monotonic_us();
        if (left <= 0) return left;
        if (left < least) {
            least = left;
            moved_us = now_us;
        }
        if (now_us - moved_us > patience_s * 1000000) return left;
        if (now_us - told_us > TELL_MS * 1000) {
            fprintf(stderr, "%" PRId64 " timers still to be looked at\n", left);
            told_us = now_us;
        }
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000}, NULL);
    }
}

static int tell(struct policy_change *c, bool applied, int64_t left)
{
    change_tell(c, json_pack("{s:b, s:I}", "applied", applied, "not_yet_looked_at", (json_int_t)left));
    if (!c->cli->json && applied) printf("revision %" PRId64 " of the policy is in force\n", c->next->revision);
    if (!c->cli->json && left > 0)
        printf("%" PRId64 " timers still to be looked at: is the sla service running?\n", left);
    return left > 0 ? CLI_PENDING : CLI_OK;
}

static bool install(struct policy_change *c, const struct proposal *p, struct err *e)
{
    bool taken;
    char name[32];
    struct pol_applied applied = {.revision = c->next->revision,
                                  .open_deadlines = p->head->open_deadlines,
                                  .has_applied_ms = true,
                                  .applied_ms = c->now_ms,
                                  .pack = c->next->pack->id,
                                  .has_pack_version = true,
                                  .pack_version = c->next->pack->version,
                                  .has_calendar_version = true,
                                  .calendar_version = calendar_version(c->next->calendar),
                                  .has_proposal = true,
                                  .proposal = p->head->proposal,
                                  .proposed_by = p->head->by,
                                  .has_proposed_ms = true,
                                  .proposed_ms = p->head->at_ms,
                                  .reason = p->head->reason,
                                  .approved_by = p->verdict->by,
                                  .has_approved_ms = true,
                                  .approved_ms = p->verdict->at_ms};
    snprintf(name, sizeof name, "%" PRId64, c->next->revision);
    struct policy_folder f = {.root = c->root,
                              .name = name,
                              .pack = c->pack,
                              .calendar = c->calendar,
                              .note_name = "applied.json",
                              .note_type = &pol_applied_desc,
                              .note = &applied};
    return policy_folder_make(&f, &taken, e);
}

/* What keeps a proposal from coming into force, whatever it says. */
static const char *not_approved(struct policy_change *c, const struct proposal *p)
{
    const char *role = role_name(c->now->pack->approved_by);
    if (p->verdict == NULL)
        return arena_printf(
            &c->arena, "nobody has approved proposal %" PRId64 ": redressctl policy approve %" PRId64 " --as %s:ID",
            p->head->proposal, p->head->proposal, role);
    if (!p->verdict->approved) return "it was denied";
    if (p->head->revision > c->now->revision) return NULL;
    const struct pol_applied *came = NULL;
    struct err unread = ERR_INIT;
    bool itself = proposal_applied(c->root, p->head->revision, &c->arena, &came, &unread) && came->has_proposal &&
                  came->proposal == p->head->proposal;
    return itself ? "it has come into force already" : change_overtaken;
}

static int put_into_force(struct policy_change *c, const struct proposal *p, int64_t patience_s, struct err *e)
{
    const char *why = not_approved(c, p);
    if (why == NULL) why = change_too_early(c);
    if (why != NULL) return change_refuse(c->cli, why);
    if (!change_find_moves(c, e) || !install(c, p, e)) return cli_fail(c->cli, e);
    int64_t left = c->moves ? wait_until_moved(c, patience_s, e) : 0;
    return left < 0 ? cli_fail(c->cli, e) : tell(c, true, left);
}

static int dry_run(struct policy_change *c, struct err *e)
{
    bool nothing_new;
    const char *why = change_objection(c, &nothing_new);
    if (why != NULL) return change_refuse(c->cli, why);
    return change_find_moves(c, e) ? tell(c, false, 0) : cli_fail(c->cli, e);
}

static int apply_proposal(struct policy_change *c, int64_t number, const struct options *o, struct err *e)
{
    struct proposal p;
    int rc = change_find_proposal(c, number, &p, e);
    if (rc != CLI_OK) return rc;
    c->pack = p.pack;
    c->calendar = p.calendar;
    if (!change_load(c, p.head->open_deadlines, e)) return cli_fail(c->cli, e);
    return o->dry_run ? dry_run(c, e) : put_into_force(c, &p, o->patience_s, e);
}

static int apply_folder(struct policy_change *c, const struct options *o, struct err *e)
{
    if (!o->dry_run)
        return change_refuse(c->cli, arena_printf(&c->arena,
                                                  "a change is proposed and approved first: redressctl policy propose "
                                                  "%s --as ROLE:ID --reason TEXT",
                                                  o->words[0]));
    c->pack = o->words[0];
    c->calendar = o->calendar;
    return change_load(c, o->moving, e) ? dry_run(c, e) : cli_fail(c->cli, e);
}

int policy_apply(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"dry-run", KEY_DRY_RUN, NULL, 0, "only say which running deadlines would move, and by how much", 0},
        {"calendar", 'c', "DIR", 0, "dry run of a folder: the calendars (default: those in force)", 0},
        {"move", KEY_MOVE, NULL, 0, "dry run of a folder: running deadlines are counted anew (default: as it says)", 0},
        {"pin", KEY_PIN, NULL, 0, "dry run of a folder: running deadlines stay as they are", 0},
        {"patience", KEY_PATIENCE, "S", 0,
         "stop watching, with exit code 7, when no deadline has been looked at for so many seconds (default 120)", 0},
        {0}};
    static const struct argp parser = {
        options,
        parse,
        "PROPOSAL\nPACKDIR --dry-run",
        "Put an approved change of the policy into force without stopping anything: the next revision of the "
        "installation's policy.",
        0,
        0,
        0};
    struct options o = {.patience_s = PATIENCE_S};
    struct err e = ERR_INIT;
    struct policy_change c;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.n_words != 1) return cli_usage(cli, "needs the number of a proposal");
    int64_t number = change_number(o.words[0]);
    if (number > 0 && (o.calendar != NULL || o.moving != OPEN_DEADLINES_ABSENT))
        return cli_usage(cli, "calendars, --move and --pin are what was proposed");
    int rc = CLI_FAILED;
    if (!change_open(cli, &c, &e))
        rc = cli_fail(cli, &e);
    else
        rc = number > 0 ? apply_proposal(&c, number, &o, &e) : apply_folder(&c, &o, &e);
    change_close(&c);
    return rc;
}
