/* Inside the fold: its lists (rows in an arena, found again by key), and what events mean beyond a status, a function
 * for each type of event that needs one (fold.c has the table). Pure. */
#ifndef REDRESS_CONSOLE_FOLD_ROWS_H
#define REDRESS_CONSOLE_FOLD_ROWS_H

#include "console/fold.h"

/* Every indexed row begins with its case_id; `text` is a second part of the key, at text_at (NULL: none). */
struct fold_key {
    int64_t number;
    const char *text;
    size_t size, text_at;
};

/* A new zeroed row of this size at the end; rows move when the list grows. */
void *fold_list_add(struct fold *f, struct fold_list *l, size_t size);
/* The row of the key; *fresh says it was made now (then the caller fills it, the key's members too). */
void *fold_list_row(struct fold *f, struct fold_list *l, const struct fold_key *k, bool *fresh);

/* The row of the input's case; its moment counts as the case's last one. */
struct fold_view *fold_view_of(struct fold *f, const struct fold_input *in);

typedef void fold_meaning(struct fold *f, const struct fold_input *in);
/* fold_limits.c */
fold_meaning fold_on_armed, fold_on_met, fold_on_ended, fold_on_annulled, fold_on_cancelled, fold_on_paused,
    fold_on_resumed, fold_on_rescheduled, fold_on_warned, fold_on_breached, fold_on_alarm_raised, fold_on_alarm_ended;
/* fold_money.c */
fold_meaning fold_on_instructed, fold_on_cash_due, fold_on_deducted, fold_on_settled, fold_on_advance_paid,
    fold_on_failed, fold_on_halted, fold_on_resolved;
/* fold_notice.c */
fold_meaning fold_on_notified, fold_on_notice_delivered, fold_on_notice_failed;

#endif
