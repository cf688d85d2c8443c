/* What every core's table must keep, whatever it decides: rows that can be reached, answers for every command. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "approval/approval.h"
#include "dispatch/dispatch.h"
#include "escalation/escalation.h"
#include "event/core.h"
#include "evidence/evidence.h"
#include "intake/intake.h"
#include "payment/payment.h"
#include "sla/sla.h"

static const struct core *const cores[] = {&intake_core,  &dispatch_core,   &evidence_core, &approval_core,
                                           &payment_core, &escalation_core, &sla_core};
enum { CORES = sizeof cores / sizeof cores[0] };

Test(core_tables, a_pair_of_status_and_event_has_one_row)
{
    for (int c = 0; c < CORES; c++) {
        const struct core *core = cores[c];
        for (int i = 0; i < core->n_transitions; i++) {
            const struct transition *row = &core->table[i];
            for (int j = 0; j < i; j++) {
                cr_expect(core->table[j].from != row->from || core->table[j].event != row->event,
                          "%s has two rows for %s in %s", core->service, event_name(row->event),
                          core->status_names[row->from]);
            }
        }
    }
}

Test(core_tables, rows_are_complete)
{
    for (int c = 0; c < CORES; c++) {
        const struct core *core = cores[c];
        uint64_t statuses = TO(core->n_statuses) - 1, reached = TO(0);
        for (int i = 0; i < core->n_transitions; i++) {
            const struct transition *row = &core->table[i];
            const char *event = event_name(row->event);
            cr_expect(row->from >= 0 && row->from < core->n_statuses && *event, "%s row %d", core->service, i);
            cr_expect(row->fn && row->why && *row->why, "%s: %s has no function or reason", core->service, event);
            cr_expect(row->allowed_to && !(row->allowed_to & ~statuses), "%s: %s ends nowhere", core->service, event);
            reached |= row->allowed_to;
        }
        cr_expect_eq(reached, statuses, "%s has a status nothing leads to", core->service);
    }
}

static int rows_of(const struct core *core, int status, enum event_type type)
{
    int n = 0;
    for (int i = 0; i < core->n_transitions; i++) n += core->table[i].from == status && core->table[i].event == type;
    return n;
}

static int guards_of(const struct core *core, int status, enum event_type type)
{
    int n = 0;
    for (int i = 0; i < core->n_guards; i++)
        n += core->guards[i].command == type && (core->guards[i].in & TO(status)) != 0;
    return n;
}

/* RV-3 CH-2: whoever is refused is told by which rule, in every status. Either a row takes the command or exactly one
 * guard refuses it. */
Test(core_tables, RV_3_every_refusal_has_its_rule)
{
    for (int c = 0; c < CORES; c++) {
        const struct core *core = cores[c];
        for (int t = EV_NONE + 1; t < EV_COUNT; t++) {
            enum event_type type = (enum event_type)t;
            bool command = event_is_command(type) && core_handles(core, type);
            for (int status = 0; status < core->n_statuses; status++) {
                int expected = command && rows_of(core, status, type) == 0;
                cr_expect_eq(guards_of(core, status, type), expected, "%s has %d guards for %s in %s", core->service,
                             guards_of(core, status, type), event_name(type), core->status_names[status]);
            }
        }
        for (int i = 0; i < core->n_guards; i++) {
            char group[3];
            int number, end = 0;
            int read = sscanf(core->guards[i].rule, "%2[A-Z]-%d%n", group, &number, &end);
            cr_expect(read == 2 && core->guards[i].rule[end] == '\0', "%s: '%s' is no rule", core->service,
                      core->guards[i].rule);
        }
    }
}

Test(core_tables, services_are_who_they_say)
{
    for (int c = 0; c < CORES; c++) {
        const struct core *core = cores[c];
        char name[64];
        snprintf(name, sizeof name, "%s.command_refused", core->service);
        cr_expect_str_eq(event_name(core->refused), name);
        snprintf(name, sizeof name, "%s state", core->service);
        cr_expect_str_eq(core->state->name, name);
        cr_expect_str_eq(core->status_names[0], "none");
    }
}

/* A local event never leaves its service. */
Test(core_tables, local_events_stay_at_home)
{
    for (int c = 0; c < CORES; c++) {
        for (int i = 0; i < cores[c]->n_transitions; i++) {
            enum event_type t = cores[c]->table[i].event;
            cr_expect(!event_is_local(t) || strcmp(event_producer(t), cores[c]->service) == 0, "%s reads %s",
                      cores[c]->service, event_name(t));
        }
    }
}

/* A redrive is answered by the loop of the service it names, not by a core. Two answers to one command would
 * leave its sender in doubt. */
Test(core_tables, every_command_is_answered_by_one_service)
{
    for (int t = EV_NONE + 1; t < EV_COUNT; t++) {
        if (!event_is_command((enum event_type)t) || t == EV_COMMAND_REDRIVE) continue;
        int answers = 0;
        for (int c = 0; c < CORES; c++) answers += core_handles(cores[c], (enum event_type)t);
        cr_expect_eq(answers, 1, "%s is answered by %d services", event_name((enum event_type)t), answers);
    }
}
