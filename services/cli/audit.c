/* redressctl audit: the command, the report, and what the checks share. See audit.h. */
#include "cli/audit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "approval/approval.h"
#include "dispatch/dispatch.h"
#include "escalation/escalation.h"
#include "evidence/evidence.h"
#include "intake/intake.h"
#include "payment/payment.h"
#include "policy/policy_load.h"
#include "runtime/settings.h"
#include "sla/sla.h"

const struct core *const audit_cores[AUDIT_CORES] = {
    [SERVICE_INTAKE] = &intake_core,     [SERVICE_DISPATCH] = &dispatch_core, [SERVICE_EVIDENCE] = &evidence_core,
    [SERVICE_APPROVAL] = &approval_core, [SERVICE_PAYMENT] = &payment_core,   [SERVICE_ESCALATION] = &escalation_core,
    [SERVICE_SLA] = &sla_core,
};

static const char *const titles[AUDIT_CHECKS] = {
    "every accepted inbound event is one contact of one case",
    "topic = outbox, gapless, each effect once",
    "payouts settled once and equal to the bank's own book, by either way; ledger balances",
    "limits: every miss fired once, none early, forgotten or wrongly standing",
    "replaying a case's events gives the state in the database",
    "every open case has an owner and a next deadline or a stated reason",
    "the time index in Redis holds the armed timers and nothing else",
};

void audit_offend(struct audit *a, int check, const char *fmt, ...)
{
    struct audit_check *c = &a->checks[check - 1];
    c->offences++;
    if (json_array_size(c->shown) >= AUDIT_SHOWN) return;
    char text[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    json_array_append_new(c->shown, json_string(text));
}

void audit_note(struct audit *a, int check, const char *fmt, ...)
{
    char text[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    json_array_append_new(a->checks[check - 1].notes, json_string(text));
}

bool audit_rows(struct audit *a, int check, const char *sql, struct err *e)
{
    struct pg_rows *rows;
    if (!pg_query(a->pg, sql, NULL, &rows, e)) return false;
    for (int i = 0; i < pg_rows_count(rows); i++) audit_offend(a, check, "%s", pg_text(rows, i, 0));
    pg_rows_free(rows);
    return true;
}

static void progress(const struct audit *a, const char *what, int part)
{
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\raudit: %s, partition %d of %d   ", what, part + 1, a->partitions);
}

static bool open_all(struct audit *a, struct err *e)
{
    const struct config *config = &a->cli->config;
    for (int i = 0; i < AUDIT_CHECKS; i++)
        a->checks[i] = (struct audit_check){.title = titles[i], .shown = json_array(), .notes = json_array()};
    arena_init(&a->arena);
    a->partitions = (int)config_int(config, "partitions");
    a->pg = pg_new(config, "console");
    pg_wait_long(a->pg);
    return settings_clock(config, &a->clock, e) && pg_connect(a->pg, e) &&
           policy_load(config_text(config, "policy.dir"), config_text(config, "calendar.dir"), &a->policy, e);
}

static void close_all(struct audit *a)
{
    HASH_CLEAR(hh, a->inbound);
    for (int i = 0; i < AUDIT_CHECKS; i++) {
        json_decref(a->checks[i].shown);
        json_decref(a->checks[i].notes);
    }
    if (a->policy != NULL) policy_unload(a->policy);
    if (a->pg != NULL) pg_free(a->pg);
    arena_deinit(&a->arena);
}

static bool run(struct audit *a, struct err *e)
{
    if (!audit_load_inbound(a, e) || !audit_inbound(a, e)) return false;
    for (int p = 0; p < a->partitions; p++) {
        struct audit_part part;
        progress(a, "streams, limits, replay", p);
        bool well = audit_load_part(a, &part, p, e);
        if (well) {
            audit_streams(a, &part);
            audit_limits(a, &part);
            audit_replay(a, &part);
        }
        audit_free_part(&part);
        if (!well) return false;
    }
    return audit_timers(a, e) && audit_money(a, e) && audit_open_cases(a, e) && audit_index(a, e);
}

static const char *verdict(const struct audit_check *c)
{
    if (c->offences > 0) return "OFFENCE";
    return json_array_size(c->notes) > 0 ? "noted" : "clean";
}

static int64_t print_people(const struct audit *a)
{
    int64_t offences = 0;
    for (int i = 0; i < AUDIT_CHECKS; i++) {
        const struct audit_check *c = &a->checks[i];
        offences += c->offences;
        printf("%d  %-7s %s (%" PRId64 " examined", i + 1, verdict(c), c->title, c->examined);
        if (c->waiting > 0) printf(", %" PRId64 " still on the way", c->waiting);
        printf(")\n");
        size_t k;
        json_t *text;
        json_array_foreach(c->shown, k, text) printf("     %s\n", json_string_value(text));
        json_array_foreach(c->notes, k, text) printf("     %s\n", json_string_value(text));
        if (c->offences > AUDIT_SHOWN) printf("     … and %" PRId64 " more\n", c->offences - AUDIT_SHOWN);
    }
    printf(offences == 0 ? "audit: clean\n" : "audit: %" PRId64 " offences\n", offences);
    return offences;
}

static int64_t print_json(const struct audit *a)
{
    int64_t offences = 0;
    json_t *checks = json_array();
    for (int i = 0; i < AUDIT_CHECKS; i++) {
        const struct audit_check *c = &a->checks[i];
        offences += c->offences;
        json_array_append_new(checks,
                              json_pack("{s:i, s:s, s:I, s:I, s:I, s:O, s:O}", "check", i + 1, "title", c->title,
                                        "examined", (json_int_t)c->examined, "waiting", (json_int_t)c->waiting,
                                        "offences", (json_int_t)c->offences, "offenders", c->shown, "notes", c->notes));
    }
    cli_print_json(
        json_pack("{s:b, s:I, s:o}", "clean", offences == 0, "offences", (json_int_t)offences, "checks", checks));
    return offences;
}

static int audit(struct cli *cli, int argc, char **argv)
{
    cli_word(argc, argv, "", "Prove that nothing is lost, doubled or forgotten.");
    struct audit a = {.cli = cli};
    struct err e = ERR_INIT;
    int rc;
    if (open_all(&a, &e) && run(&a, &e)) {
        if (isatty(STDERR_FILENO)) fputc('\r', stderr);
        rc = (cli->json ? print_json(&a) : print_people(&a)) == 0 ? CLI_OK : CLI_OFFENCE;
    } else {
        rc = cli_fail(cli, &e);
    }
    close_all(&a);
    return rc;
}

const struct cli_command cli_audit_commands[] = {{"audit", audit, "prove that nothing is lost, doubled or forgotten"},
                                                 {0}};
