/* Writes docs/states from the cores' own tables, so that the drawings cannot drift.
 *
 *   state_docs write DIR    one file per service, and README.md: who reads which event
 *   state_docs check DIR    exits 1 when DIR is not what `write` would write */
#include <stdio.h>
#include <string.h>

#include "approval/approval.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "dispatch/dispatch.h"
#include "escalation/escalation.h"
#include "event/core.h"
#include "evidence/evidence.h"
#include "intake/intake.h"
#include "payment/payment.h"
#include "sla/sla.h"

#define NOTICE "Generated from the service's transition table by `state_docs`; do not edit.\n\n"

static const struct core *const cores[] = {&intake_core,  &dispatch_core,   &evidence_core, &approval_core,
                                           &payment_core, &escalation_core, &sla_core};
enum { CORES = sizeof cores / sizeof cores[0] };

static void put_statuses(const struct core *core, uint64_t bits, struct buf *out)
{
    const char *separator = "";
    for (int i = 0; i < core->n_statuses; i++) {
        if (!(bits & TO(i))) continue;
        buf_printf(out, "%s`%s`", separator, core->status_names[i]);
        separator = ", ";
    }
}

static void put_guards(const struct core *core, struct buf *out)
{
    if (core->n_guards == 0) return;
    buf_puts(out, "\n| refused | in | by |\n|---|---|---|\n");
    for (int i = 0; i < core->n_guards; i++) {
        const struct guard *g = &core->guards[i];
        buf_printf(out, "| %s | ", event_name(g->command));
        put_statuses(core, g->in, out);
        buf_printf(out, " | %s |\n", g->rule);
    }
}

static void put_service(const struct core *core, struct buf *out)
{
    buf_printf(out, "# States of %s\n\n" NOTICE "```mermaid\n", core->service);
    core_diagram(core, out);
    buf_puts(out,
             "```\n\nAn event without a row here is ignored; a command without one is refused, as stands below.\n\n"
             "| from | event | may end in | why |\n|---|---|---|---|\n");
    for (int i = 0; i < core->n_transitions; i++) {
        const struct transition *row = &core->table[i];
        buf_printf(out, "| `%s` | %s | ", core->status_names[row->from], event_name(row->event));
        put_statuses(core, row->allowed_to, out);
        buf_printf(out, " | %s |\n", row->why ? row->why : "");
    }
    put_guards(core, out);
}

static void put_readers(struct buf *out)
{
    buf_puts(out, "# Who reads which event\n\nGenerated from the services' transition tables by `state_docs`; do not "
                  "edit. The console reads every event; the SLA service also reads those the policy pack names.\n\n");
    for (int i = 0; i < CORES; i++) buf_printf(out, "- [%s](%s.md)\n", cores[i]->service, cores[i]->service);
    buf_puts(out, "\n| event | by | read by |\n|---|---|---|\n");
    for (int t = EV_NONE + 1; t < EV_COUNT; t++) {
        buf_printf(out, "| %s | %s |", event_name((enum event_type)t), event_producer((enum event_type)t));
        const char *separator = " ";
        for (int i = 0; i < CORES; i++) {
            if (!core_handles(cores[i], (enum event_type)t)) continue;
            buf_printf(out, "%s%s", separator, cores[i]->service);
            separator = ", ";
        }
        buf_puts(out, " |\n");
    }
}

static bool write_file(const char *path, const struct buf *text)
{
    AUTO_FCLOSE FILE *f = fopen(path, "we");
    if (f && fwrite(text->bytes, 1, text->len, f) == text->len && fflush(f) == 0) return true;
    perror(path);
    return false;
}

static bool same_file(const char *path, const struct buf *text)
{
    AUTO_FREE char *now = malloc(text->len + 1);
    AUTO_FCLOSE FILE *f = fopen(path, "re");
    if (now && f && fread(now, 1, text->len + 1, f) == text->len && memcmp(now, text->bytes, text->len) == 0)
        return true;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): AUTO_FREE, which the analyzer does not follow */
    fprintf(stderr, "%s is not current: run state_docs write %.*s\n", path, (int)(strrchr(path, '/') - path), path);
    return false;
}

int main(int argc, char **argv)
{
    bool write = argc == 3 && strcmp(argv[1], "write") == 0;
    if (!write && (argc != 3 || strcmp(argv[1], "check") != 0)) {
        fprintf(stderr, "usage: state_docs write|check DIR\n");
        return 2;
    }
    bool well = true;
    struct buf out = BUF_INIT;
    for (int i = 0; i <= CORES; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.md", argv[2], i < CORES ? cores[i]->service : "README");
        buf_reset(&out);
        if (i < CORES)
            put_service(cores[i], &out);
        else
            put_readers(&out);
        well &= write ? write_file(path, &out) : same_file(path, &out);
    }
    buf_deinit(&out);
    return well ? 0 : 1;
}
