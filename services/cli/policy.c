/* redressctl policy check | diff | apply (SL-6, SL-8). */
#include <argp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "calendar/calendar.h"
#include "cli/cli.h"
#include "cli/policy_diff.h"
#include "cli/policy_install.h"
#include "cli/policy_moves.h"
#include "policy/policy_load.h"
#include "runtime/settings.h"

enum { WAIT_S = 120 };

struct options {
    const char *words[2];
    int n_words, max_words;
    const char *calendar;
    bool dry_run, pin, move;
};

enum { KEY_DRY_RUN = 1000, KEY_PIN, KEY_MOVE };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'c': o->calendar = arg; return 0;
    case KEY_DRY_RUN: o->dry_run = true; return 0;
    case KEY_PIN: o->pin = true; return 0;
    case KEY_MOVE: o->move = true; return 0;
    case ARGP_KEY_ARG:
        if (o->n_words == o->max_words) return ARGP_ERR_UNKNOWN;
        o->words[o->n_words++] = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- check ---- */

struct findings {
    json_t *list;
};

static void found(void *user, const char *fault)
{
    struct findings *f = user;
    json_array_append_new(f->list, json_string(fault));
}

static int tell_findings(const struct cli *cli, const struct findings *f)
{
    size_t i;
    json_t *fault;
    bool clean = json_array_size(f->list) == 0;
    if (cli->json) {
        cli_print_json(json_pack("{s:b, s:O}", "valid", clean, "findings", f->list));
    } else {
        json_array_foreach(f->list, i, fault) printf("%s\n", json_string_value(fault));
        printf(clean ? "the pack can be right\n" : "%zu findings\n", json_array_size(f->list));
    }
    return clean ? CLI_OK : CLI_REFUSED;
}

static const char *calendars(const struct cli *cli, const struct options *o)
{
    if (o->calendar != NULL) return o->calendar;
    const char *dir = config_text(&cli->config, "calendar.dir");
    return *dir != '\0' ? dir : NULL;
}

static int check(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"calendar", 'c', "DIR", 0, "folder of the calendars it counts with (default: the installation's)", 0}, {0}};
    static const struct argp parser = {
        options, parse, "PACKDIR", "Name every fault of a policy pack: file, JSON path, reason.", 0, 0, 0};
    struct options o = {.max_words = 1};
    struct findings f = {json_array()};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    int rc = CLI_USAGE;
    if (o.n_words == 1) {
        policy_faults(o.words[0], calendars(cli, &o), found, &f);
        rc = tell_findings(cli, &f);
    } else {
        cli_usage(cli, "needs the folder of the pack");
    }
    json_decref(f.list);
    return rc;
}

/* ---- diff ---- */

static int diff(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {{0}};
    static const struct argp parser = {options, parse, "OLDDIR NEWDIR", "Say what differs between two packs.", 0, 0, 0};
    struct options o = {.max_words = 2};
    struct err e = ERR_INIT;
    json_t *changes = NULL;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.n_words != 2) return cli_usage(cli, "needs the folders of two packs");
    int rc = CLI_OK;
    if (!policy_diff(o.words[0], o.words[1], &changes, &e))
        rc = cli_fail(cli, &e);
    else if (cli->json)
        cli_print_json(json_incref(changes));
    else
        policy_diff_print(changes);
    json_decref(changes);
    return rc;
}

/* ---- apply ---- */

struct apply {
    struct cli *cli;
    const struct options *o;
    struct policy_install install;
    char in_force[PATH_MAX], calendar_in_force[PATH_MAX + 16];
    const struct policy *now, *next;
    struct policy_moves moves;
    struct pg *pg;
    struct clock clock;
};

/* A refusal the caller sees as such: the pack is readable, but must not come into force. */
static int refuse(const struct cli *cli, const char *why)
{
    fprintf(stderr, "%s: refused (SL-8): %s\n", cli->program, why);
    return CLI_REFUSED;
}

static bool same_days(const struct apply *a, const char *calendar)
{
    char json[NAME_MAX], csv[NAME_MAX];
    snprintf(json, sizeof json, "%.200s.json", calendar);
    snprintf(csv, sizeof csv, "%.200s.csv", calendar);
    return policy_install_same(a->calendar_in_force, a->install.calendar, json) &&
           policy_install_same(a->calendar_in_force, a->install.calendar, csv);
}

/* The calendars of the pack: its own, then those of territories. NULL behind the last. */
static const struct calendar *nth_calendar(const struct policy *p, int n)
{
    if (n == 0) return p->calendar;
    return n <= p->pack->n_calendars ? p->others[n - 1] : NULL;
}

/* Whether a calendar in force comes with other days, and whether under a version that does not say so. */
static bool days_changed(const struct apply *a, bool *unsaid)
{
    bool changed = false;
    const struct calendar *c, *before;
    for (int i = 0; (c = nth_calendar(a->next, i)) != NULL; i++) {
        if (same_days(a, calendar_id(c))) continue;
        changed = true;
        before = policy_calendar_named(a->now, calendar_id(c));
        *unsaid |= before != NULL && calendar_version(c) <= calendar_version(before);
    }
    return changed;
}

/* A change has a number of its own, so that a decision's record says by what it was made. NULL = it may come. */
static const char *objection(const struct apply *a, bool *nothing_new)
{
    bool same_pack = policy_install_same(a->in_force, a->install.pack, "pack.json") &&
                     policy_install_same(a->in_force, a->install.pack, "organisation.json");
    bool unsaid = false, changed = days_changed(a, &unsaid);
    bool same_id = strcmp(a->next->pack->id, a->now->pack->id) == 0;
    *nothing_new = same_pack && !changed;
    if (!same_pack && same_id && a->next->pack->version <= a->now->pack->version)
        return "the pack changed, but its version is not above the one in force";
    if (unsaid) return "a calendar changed, but its version is not above the one in force";
    return NULL;
}

static bool open_apply(struct apply *a, struct err *e)
{
    const struct config *config = &a->cli->config;
    a->install.root = config_text(config, "policy.dir");
    if (!policy_load(a->install.root, config_text(config, "calendar.dir"), &a->now, e)) return false;
    snprintf(a->in_force, sizeof a->in_force, "%s/%" PRId64, a->install.root, a->now->revision);
    snprintf(a->calendar_in_force, sizeof a->calendar_in_force, "%s/calendar", a->in_force);
    if (access(a->calendar_in_force, F_OK) != 0)
        return err_set(e, ERR_CONFIG, "policy", "%s is a pack by itself and keeps no revisions", a->install.root);
    a->install.pack = a->o->words[0];
    a->install.calendar = a->o->calendar != NULL ? a->o->calendar : a->calendar_in_force;
    if (!policy_load_next(a->install.pack, a->install.calendar, a->now, true, &a->next, e)) return false;
    a->install.revision = a->next->revision;
    a->install.moves = a->o->move || (!a->o->pin && a->next->pack->open_deadlines != OPEN_DEADLINES_PIN);
    a->pg = pg_new(config, "console");
    if (!settings_clock(config, &a->clock, e) || !pg_connect(a->pg, e)) return false;
    a->install.now_ms = clock_now_ms(&a->clock);
    return policy_moves_read(a->pg, a->next, a->install.now_ms, &a->moves, e);
}

static void close_apply(struct apply *a)
{
    json_decref(a->moves.items);
    policy_drop(a->next);
    policy_unload(a->now);
    if (a->pg != NULL) pg_free(a->pg);
}

/* The sla service moves the deadlines by itself; here it is only watched. -1: it cannot be seen. */
static int64_t wait_until_moved(struct apply *a, struct err *e)
{
    int64_t left = 0;
    for (int half_s = 0; half_s < 2 * WAIT_S; half_s++) {
        left = policy_moves_left(a->pg, a->install.revision, e);
        if (left <= 0) break;
        nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    }
    return left;
}

static int tell(struct apply *a, bool applied, int64_t left)
{
    bool moves = a->install.moves;
    if (a->cli->json) {
        cli_print_json(json_pack("{s:b, s:I, s:s, s:I, s:O, s:I}", "applied", applied, "revision",
                                 (json_int_t)a->install.revision, "open_deadlines", moves ? "move" : "pin", "deadlines",
                                 (json_int_t)a->moves.deadlines, moves ? "moves" : "would_move", a->moves.items,
                                 "not_yet_looked_at", (json_int_t)left));
    } else {
        policy_moves_print(&a->moves);
        if (!moves) printf("they stay: running deadlines are pinned to the policy they were counted by\n");
        if (applied) printf("revision %" PRId64 " of the policy is in force\n", a->install.revision);
        if (left > 0) printf("%" PRId64 " timers still to be looked at: is the sla service running?\n", left);
    }
    return left > 0 ? CLI_PENDING : CLI_OK;
}

static int run_apply(struct apply *a, struct err *e)
{
    bool nothing_new;
    const char *why = objection(a, &nothing_new);
    if (why != NULL) return refuse(a->cli, why);
    if (nothing_new) {
        printf(a->cli->json ? "{\"applied\": false, \"revision\": %" PRId64 "}\n"
                            : "this is the policy in force, revision %" PRId64 "\n",
               a->now->revision);
        return CLI_OK;
    }
    if (a->o->dry_run) return tell(a, false, 0);
    if (!policy_install(&a->install, a->next->pack->id, a->next->pack->version, calendar_version(a->next->calendar), e))
        return cli_fail(a->cli, e);
    int64_t left = a->install.moves ? wait_until_moved(a, e) : 0;
    return left < 0 ? cli_fail(a->cli, e) : tell(a, true, left);
}

static int apply(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"calendar", 'c', "DIR", 0, "folder of the calendars (default: those in force)", 0},
        {"dry-run", KEY_DRY_RUN, NULL, 0, "only say which running deadlines would move, and by how much", 0},
        {"move", KEY_MOVE, NULL, 0, "running deadlines are counted anew (default: as the pack says)", 0},
        {"pin", KEY_PIN, NULL, 0, "running deadlines stay as they are", 0},
        {0}};
    static const struct argp parser = {
        options,   parse,
        "PACKDIR", "Put a policy into force without stopping anything: the next revision of the installation's policy.",
        0,         0,
        0};
    struct options o = {.max_words = 1};
    struct err e = ERR_INIT;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.n_words != 1) return cli_usage(cli, "needs the folder of the pack");
    if (o.pin && o.move) return cli_usage(cli, "--pin or --move, not both");
    struct apply a = {.cli = cli, .o = &o};
    int rc = open_apply(&a, &e) ? run_apply(&a, &e) : cli_fail(cli, &e);
    close_apply(&a);
    return rc;
}

const struct cli_command cli_policy_commands[] = {
    {"policy check", check, "name every fault of a policy pack"},
    {"policy diff", diff, "say what differs between two packs"},
    {"policy apply", apply, "put a policy into force; --dry-run says which deadlines move"},
    {0}};
