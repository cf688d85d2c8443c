/* What the events of notices mean for the read model (PA-3, CF-2, CF-5). A notice and its fate stand on two topics and
 * are read in either order: each fills its own columns. */
#include "console/fold_rows.h"

static struct fold_notice *notice_of(struct fold *f, const struct fold_input *in, int64_t notice_no)
{
    bool fresh;
    const char *no = arena_printf(f->arena, "%lld", (long long)notice_no);
    struct fold_key k = {.number = in->case_id,
                         .text = no,
                         .size = sizeof(struct fold_notice),
                         .text_at = offsetof(struct fold_notice, no)};
    struct fold_notice *n = fold_list_row(f, &f->notices, &k, &fresh);
    if (fresh)
        *n = (struct fold_notice){
            .case_id = in->case_id, .notice_no = notice_no, .no = no, .made_ms = FOLD_NONE, .answered_ms = FOLD_NONE};
    return n;
}

void fold_on_notified(struct fold *f, const struct fold_input *in)
{
    const struct ev_intake_customer_notified *e = in->data;
    struct fold_notice *n = notice_of(f, in, e->notice_no);
    n->id = in->id;
    n->kind = notice_kind_name(e->kind);
    n->channel = e->recipient->channel;
    n->made_ms = in->at_ms;
    n->data = in->json;
}

void fold_on_notice_delivered(struct fold *f, const struct fold_input *in)
{
    const struct ev_intake_notice_delivered *e = in->data;
    struct fold_notice *n = notice_of(f, in, e->notice_no);
    n->result = notice_result_name(NOTICE_RESULT_DELIVERED);
    n->how = e->how;
    n->answered_by = e->by;
    n->answered_ms = e->at_ms;
    n->reason = NULL;
}

void fold_on_notice_failed(struct fold *f, const struct fold_input *in)
{
    const struct ev_intake_notice_failed *e = in->data;
    struct fold_notice *n = notice_of(f, in, e->notice_no);
    n->result = notice_result_name(NOTICE_RESULT_FAILED);
    n->how = e->how;
    n->answered_by = e->by;
    n->answered_ms = e->at_ms;
    n->reason = e->reason;
}
