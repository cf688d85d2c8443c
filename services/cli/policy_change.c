/* What is in force and what would come (policy_change.h). */
#include "cli/policy_change.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/timefmt.h"
#include "calendar/calendar.h"
#include "cli/policy_folder.h"
#include "cli/policy_proposal.h"
#include "policy/policy_load.h"
#include "runtime/settings.h"

bool change_open(struct cli *cli, struct policy_change *c, struct err *e)
{
    const struct config *config = &cli->config;
    struct clock clock;
    *c = (struct policy_change){.cli = cli, .root = config_text(config, "policy.dir"), .found.items = json_array()};
    arena_init(&c->arena);
    if (!policy_load(c->root, config_text(config, "calendar.dir"), &c->now, e) || !settings_clock(config, &clock, e))
        return false;
    c->now_ms = clock_now_ms(&clock);
    snprintf(c->in_force, sizeof c->in_force, "%s/%" PRId64, c->root, c->now->revision);
    snprintf(c->calendar_in_force, sizeof c->calendar_in_force, "%s/calendar", c->in_force);
    return access(c->calendar_in_force, F_OK) == 0 ||
           err_set(e, ERR_CONFIG, "policy", "%s is a pack by itself and keeps no revisions", c->root);
}

bool change_load(struct policy_change *c, enum open_deadlines moving, struct err *e)
{
    if (c->calendar == NULL) c->calendar = c->calendar_in_force;
    if (!policy_load_next(c->pack, c->calendar, c->now, true, &c->next, e)) return false;
    if (moving == OPEN_DEADLINES_ABSENT) moving = c->next->pack->open_deadlines;
    c->moves = moving != OPEN_DEADLINES_PIN;
    return true;
}

bool change_find_moves(struct policy_change *c, struct err *e)
{
    c->pg = pg_new(&c->cli->config, "console");
    if (!pg_connect(c->pg, e)) return false;
    json_decref(c->found.items);
    return policy_moves_read(c->pg, c->next, c->now_ms, &c->found, e);
}

void change_close(struct policy_change *c)
{
    json_decref(c->found.items);
    policy_drop(c->next);
    policy_unload(c->now);
    if (c->pg != NULL) pg_free(c->pg);
    arena_deinit(&c->arena);
}

/* ---- whether it may come ---- */

static bool same_days(const struct policy_change *c, const char *calendar)
{
    char json[NAME_MAX], csv[NAME_MAX];
    snprintf(json, sizeof json, "%.200s.json", calendar);
    snprintf(csv, sizeof csv, "%.200s.csv", calendar);
    return policy_folder_same(c->calendar_in_force, c->calendar, json) &&
           policy_folder_same(c->calendar_in_force, c->calendar, csv);
}

/* The calendars of the pack: its own, then those of territories. NULL behind the last. */
static const struct calendar *nth_calendar(const struct policy *p, int n)
{
    if (n == 0) return p->calendar;
    return n <= p->pack->n_calendars ? p->others[n - 1] : NULL;
}

/* Whether a calendar in force comes with other days, and whether under a version that does not say so. */
static bool days_changed(const struct policy_change *c, bool *unsaid)
{
    bool changed = false;
    const struct calendar *next, *before;
    for (int i = 0; (next = nth_calendar(c->next, i)) != NULL; i++) {
        if (same_days(c, calendar_id(next))) continue;
        changed = true;
        before = policy_calendar_named(c->now, calendar_id(next));
        *unsaid |= before != NULL && calendar_version(next) <= calendar_version(before);
    }
    return changed;
}

/* A change has a number of its own, so that a decision's record says by what it was made. */
const char *change_objection(struct policy_change *c, bool *nothing_new)
{
    bool same_pack = policy_folder_same(c->in_force, c->pack, "pack.json") &&
                     policy_folder_same(c->in_force, c->pack, "organisation.json");
    bool unsaid = false, changed = days_changed(c, &unsaid);
    bool same_id = strcmp(c->next->pack->id, c->now->pack->id) == 0;
    *nothing_new = same_pack && !changed;
    if (!same_pack && same_id && c->next->pack->version <= c->now->pack->version)
        return "the pack changed, but its version is not above the one in force";
    if (unsaid) return "a calendar changed, but its version is not above the one in force";
    return NULL;
}

const char *change_too_early(struct policy_change *c)
{
    int year = 0, month = 0, day = 0;
    const char *from = c->next->pack->effective_from;
    sscanf(from, "%d-%d-%d", &year, &month, &day);
    if (calendar_date_of(c->next->calendar, c->now_ms) >= timefmt_days(year, month, day)) return NULL;
    return arena_printf(&c->arena, "it is effective from %s", from);
}

/* ---- what was proposed ---- */

const char change_overtaken[] = "another change came into force since it was proposed: propose it again";

int64_t change_number(const char *word)
{
    char *end;
    int64_t number = strtoll(word, &end, 10);
    return number > 0 && *end == '\0' ? number : 0;
}

int change_find_proposal(struct policy_change *c, int64_t number, struct proposal *out, struct err *e)
{
    if (!proposal_read(c->root, number, &c->arena, out, e)) return cli_fail(c->cli, e);
    if (out->head != NULL) return CLI_OK;
    fprintf(stderr, "%s: there is no proposal %" PRId64 "\n", c->cli->program, number);
    return CLI_NOT_FOUND;
}

/* ---- what is told ---- */

int change_refuse(const struct cli *cli, const char *why)
{
    fprintf(stderr, "%s: refused (SL-8): %s\n", cli->program, why);
    return CLI_REFUSED;
}

void change_tell(const struct policy_change *c, json_t *more)
{
    if (c->cli->json) {
        json_object_update_new(more, json_pack("{s:I, s:s, s:I, s:O}", "revision", (json_int_t)c->next->revision,
                                               "open_deadlines", c->moves ? "move" : "pin", "deadlines",
                                               (json_int_t)c->found.deadlines, c->moves ? "moves" : "would_move",
                                               c->found.items));
        cli_print_json(more);
        return;
    }
    json_decref(more);
    policy_moves_print(&c->found);
    if (!c->moves) printf("they stay: running deadlines are pinned to the policy they were counted by\n");
}
