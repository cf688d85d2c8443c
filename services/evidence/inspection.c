/* A third party inspects while the case is investigated (EV-7). See steps.h.
 *
 * It is told when it begins and when it is over, so that the investigation's limit may stand still meanwhile. Whoever
 * has the case by then ends it. What the report says stands in the finding, which it decides. */
#include "evidence/steps.h"
#include "policy/rights.h"

static bool has_text(const char *text) { return text != NULL && *text != '\0'; }

enum verdict evidence_on_order_inspection(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_command_order_inspection *in = s->in->data;
    struct evidence_state *next = s->next;
    if (!rights_at_unit(s, in->actor, state->assignment->org_id)) {
        return step_refuse(s, "DI-2", "not_your_case", state->assignment->org_id);
    }
    if (!has_text(in->inspector)) return step_refuse(s, "EV-7", "inspector_missing", NULL);
    if (state->inspector != NULL) return step_refuse(s, "EV-7", "inspection_under_way", state->inspector);
    next->inspector = in->inspector;
    struct ev_evidence_inspection_ordered *e = decision_emit(s->out, EV_EVIDENCE_INSPECTION_ORDERED);
    *e = (struct ev_evidence_inspection_ordered){.inspector = in->inspector, .by = in->actor->id, .reason = in->reason};
    return VERDICT_DONE;
}

static struct ev_evidence_inspection_ended *end(struct step *s, enum inspection_end how)
{
    struct evidence_state *next = s->next;
    struct ev_evidence_inspection_ended *e = decision_emit(s->out, EV_EVIDENCE_INSPECTION_ENDED);
    *e = (struct ev_evidence_inspection_ended){.inspector = next->inspector, .end = how};
    next->inspector = NULL;
    return e;
}

enum verdict evidence_on_end_inspection(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_command_end_inspection *in = s->in->data;
    struct evidence_state *next = s->next;
    bool reported = in->report != LIABILITY_ABSENT;
    if (!rights_at_unit(s, in->actor, state->assignment->org_id)) {
        return step_refuse(s, "DI-2", "not_your_case", state->assignment->org_id);
    }
    if (state->inspector == NULL) return step_refuse(s, "EV-7", "no_inspection", NULL);
    if (reported && (in->document == NULL || !evidence_is_paper(in->document)))
        return step_refuse(s, "EV-7", "report_without_document", NULL);
    struct ev_evidence_inspection_ended *e = end(s, reported ? INSPECTION_END_REPORTED : INSPECTION_END_CALLED_OFF);
    e->reason = in->reason;
    if (!reported) return VERDICT_DONE;
    e->report = in->report;
    e->document = in->document;
    next->report = in->report;
    return VERDICT_DONE;
}

void evidence_overtake_inspection(struct step *s)
{
    const struct evidence_state *next = s->next;
    if (next->inspector != NULL) end(s, INSPECTION_END_OVERTAKEN);
}

const struct finding *evidence_with_report(const struct step *s, const struct finding *found)
{
    const struct evidence_state *next = s->next;
    if (next->report == LIABILITY_ABSENT || found->report != LIABILITY_ABSENT) return found;
    struct finding *f = ARENA_NEW(s->out->arena, struct finding);
    *f = *found;
    f->report = next->report;
    return f;
}
