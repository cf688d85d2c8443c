/* A core's table as a drawing; apart from core.c because it writes into a growing buffer. */
#include "base/buf.h"
#include "event/core.h"

/* A label ends at a semicolon or a new line in Mermaid. */
static void put_label(struct buf *out, const char *text)
{
    for (const char *c = text; *c; c++) buf_putc(out, (char)(*c == ';' || *c == '\n' ? ',' : *c));
}

void core_diagram(const struct core *core, struct buf *out)
{
    buf_puts(out, "stateDiagram-v2\n");
    buf_printf(out, "    [*] --> %s\n", core->status_names[0]);
    for (int i = 0; i < core->n_transitions; i++) {
        const struct transition *row = &core->table[i];
        for (int to = 0; to < core->n_statuses; to++) {
            if (!(row->allowed_to & TO(to))) continue;
            buf_printf(out, "    %s --> %s : %s", core->status_names[row->from], core->status_names[to],
                       event_name(row->event));
            if (row->why) {
                buf_puts(out, " (");
                put_label(out, row->why);
                buf_putc(out, ')');
            }
            buf_putc(out, '\n');
        }
    }
}
