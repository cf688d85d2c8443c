/* Changing a calendar's files: a notice is merged into the days, the result proven by loading it, then put in place. */
#ifndef REDRESS_CLI_CALENDAR_FILES_H
#define REDRESS_CLI_CALENDAR_FILES_H

#include "calendar/calendar.h"
#include "cli/notice.h"

struct calendar_change {
    const char *dir, *id;
    const char *out_dir; /* where the result goes; may be dir */
    int year;            /* the notice's: its dates are replaced, dates of other years may only be added */
    const struct notice *notice;
    bool replace; /* dates of other years may be changed too */
};

/* Writes out_dir/ID.json with the next version and `year` published, and its days file. dry: nothing is written. The
 * calendar as it would be goes to *after (free with calendar_unload). */
bool calendar_files_merge(const struct calendar_change *change, bool dry, const struct calendar **after, struct err *e);

#endif
