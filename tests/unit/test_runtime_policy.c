/* SL-6: no decision is made by older rules than what it follows from. A service looks for a newer revision of the
 * policy once a second; an event that was decided by one makes it look before it decides on that event. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/policy.h"
#include "policy/policy_load.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"
#include "runtime/settings.h"

#define PACK REDRESS_SOURCE_DIR "/schemas/policy/renovation-franchise"

static char folder[] = "/tmp/redress-revisions.XXXXXX";
static const struct service_spec spec = {.name = "console"}; /* without a core it handles whatever comes */
static struct loop *l;

static void shell(const char *command) { cr_assert_eq(system(command), 0, "%s", command); }

static void add_revision_of(int n, const char *people)
{
    char command[1400];
    snprintf(command, sizeof command,
             "mkdir %1$s/%2$d && cp %3$s/pack.json %3$s/organisation.json %1$s/%2$d && "
             "cp -r %4$s/schemas/calendar %1$s/%2$d/calendar && "
             "echo '{\"revision\": %2$d, \"open_deadlines\": \"move\"%5$s}' > %1$s/%2$d/applied.json",
             folder, n, PACK, REDRESS_SOURCE_DIR, people);
    shell(command);
}

#define BY(proposer, approver)                                                                                         \
    ", \"proposed_by\": {\"id\": \"" proposer "\", \"role\": \"ho_service_manager\"}, "                                \
    "\"approved_by\": {\"id\": \"" approver "\", \"role\": \"general_manager\"}"

static void add_revision(int n) { add_revision_of(n, BY("HO-M1", "HO-GM")); }

static void set_up(void)
{
    struct err e = ERR_INIT;
    int n_keys;
    const struct config_key *keys = settings_shared(&n_keys);
    char name[] = "test", *args[] = {name};
    cr_assert_not_null(mkdtemp(folder));
    add_revision(1);
    setenv("REDRESS_POLICY_DIR", folder, 1);
    l = calloc(1, sizeof *l);
    cr_assert_not_null(l);
    l->spec = &spec;
    l->host.metrics = metrics_new("test");
    arena_init(&l->items_arena);
    cr_assert_eq(settings_command_line("A test.", keys, n_keys, 1, args, &l->config, &e), SETTINGS_RUN, "%s",
                 e.message);
    const struct policy *first;
    cr_assert(policy_load(folder, NULL, &first, &e), "%s", e.message);
    l->host.policy = first;
}

static void tear_down(void)
{
    char command[100];
    policy_unload(l->host.policy);
    config_deinit(&l->config);
    metrics_free(l->host.metrics);
    arena_deinit(&l->items_arena);
    free(l);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    shell(command);
}

TestSuite(runtime_policy, .init = set_up, .fini = tear_down);

/* An event of sla's topic is read; then the batch with it begins. By which revision it decides. */
static int64_t decides_by(const char *told)
{
    struct record r = {.value = "{}", .value_len = 2};
    struct item it = {.topic = SERVICE_SLA, .part = 1};
    record_set_header(&r, "ce_type", event_ce_type(EV_SLA_BREACHED));
    if (told != NULL) record_set_header(&r, "policy", told);
    item_read(l, &it, &r);
    batch_run(l);
    return l->host.policy->revision;
}

Test(runtime_policy, SL_6_an_event_of_a_newer_revision_is_decided_by_it)
{
    add_revision(2);
    cr_assert_eq(decides_by("2"), 2);
    add_revision(3);
    add_revision(4);
    cr_assert_eq(decides_by("4"), 4);
}

Test(runtime_policy, SL_6_other_events_do_not_make_it_look)
{
    add_revision(2);
    cr_assert_eq(decides_by(NULL), 1);
    cr_assert_eq(decides_by("1"), 1);
    cr_assert_eq(decides_by("2"), 2);
}

/* A writer whose folder is ahead of ours: looked for once, not at every batch; the next tick looks again. */
Test(runtime_policy, SL_6_a_revision_that_is_not_there_yet)
{
    cr_assert_eq(decides_by("2"), 1);
    cr_assert_eq(l->policy_looked, 2);
    add_revision(2);
    cr_assert_eq(decides_by("2"), 1);
    watch_policy(l);
    cr_assert_eq(l->host.policy->revision, 2);
}

/* SL-8: nothing comes into force that nobody else has approved, not even a folder put there by hand. */
static void stays_out(const char *people, const char *why)
{
    struct err e = ERR_INIT;
    const struct policy *p = l->host.policy;
    add_revision_of(2, people);
    cr_assert_not(policy_load_later(folder, &p, &e));
    cr_assert_not_null(strstr(e.message, why), "%s", e.message);
    cr_assert_eq(p->revision, 1);
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s/2", folder);
    shell(command);
}

Test(runtime_policy, SL_8_a_revision_is_proposed_by_one_and_approved_by_another)
{
    stays_out("", "nobody has approved it (SL-8)");
    stays_out(BY("HO-GM", "HO-GM"), "nobody approves what they proposed themselves");
    stays_out(BY("HO-M1", "HO-S1"), "does not hold that role at head office");
    stays_out(BY("O-E1-M", "HO-GM"), "nobody of that id works at head office");
    struct err e = ERR_INIT;
    const struct policy *p = l->host.policy;
    add_revision(2);
    cr_assert(policy_load_later(folder, &p, &e), "%s", e.message);
    cr_assert_eq(p->revision, 2);
    l->host.policy = p;
}
