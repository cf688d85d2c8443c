/* The parts of the evidence machine (private to evidence; the table is in decide.c). Pure.
 *
 * Functions that take a step change s->next and emit; they read what the case is from s->next, so that one
 * input may run several of them one after the other. */
#ifndef REDRESS_EVIDENCE_STEPS_H
#define REDRESS_EVIDENCE_STEPS_H

#include "event/core.h"

struct conclusion {
    const struct actor *by;
    const struct finding *finding;
    const struct plan *plan;
    bool on_the_spot;
};

/* decide.c: by the unit that has the case, or by the one sent to see instead (ES-4). */
void evidence_order_visit(struct step *s);
void evidence_emit_complete(struct step *s);
void evidence_start_investigation(struct step *s);
void evidence_conclude(struct step *s, const struct conclusion *c);

/* file.c */
struct handed_over {
    const struct actor *by;
    const struct visit_record *record; /* NULL: nothing but words */
    const struct finding *finding;     /* NULL: the one there is */
};
/* ES-3: judges the file; a complete one goes on as a complete package does. */
enum verdict evidence_take_file(struct step *s, const struct handed_over *file);
/* EV-3: every item asked for in the category is in this one record (NULL: none is). */
bool evidence_is_whole(const struct step *s, const struct visit_record *record);
/* DI-2, SL-3: a person of the unit that had the case, for what was accepted while it had it. */
bool evidence_is_former_in_time(const struct step *s, const struct actor *who);

/* advance.c: an application, its papers, head office's review (PA-5). */
enum verdict evidence_on_apply_advance(struct step *s);
enum verdict evidence_on_file_advance(struct step *s);
enum verdict evidence_on_review_advance(struct step *s);
/* A paper with a name, and the hash of what it holds. */
bool evidence_is_paper(const struct document *d);

/* inspection.c: a third party inspects (EV-7) */
enum verdict evidence_on_order_inspection(struct step *s);
enum verdict evidence_on_end_inspection(struct step *s);
/* What is concluded, or needs no finding any more, waits for no report. */
void evidence_overtake_inspection(struct step *s);
/* The finding with what the last report says, unless it names one itself. */
const struct finding *evidence_with_report(const struct step *s, const struct finding *found);

enum verdict evidence_on_reassigned(struct step *s);
enum verdict evidence_on_handler_changed(struct step *s);
enum verdict evidence_on_visit_assigned(struct step *s);
enum verdict evidence_on_early_visit(struct step *s);
enum verdict evidence_on_file(struct step *s);
enum verdict evidence_on_late_file(struct step *s);

#endif
