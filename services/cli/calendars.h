/* Where redressctl finds its calendars: --calendar-dir, else the setting calendar.dir, else schemas/calendar or
 * share/calendar in the folder it is called in or above the program, so that it needs no installation. */
#ifndef REDRESS_CLI_CALENDARS_H
#define REDRESS_CLI_CALENDARS_H

#include "base/err.h"
#include "calendar/load.h"
#include "cli/cli.h"

/* The folder into out, PATH_MAX bytes. dir: NULL = not given. */
bool calendars_folder(const struct cli *cli, const char *dir, char *out, struct err *e);
/* Every calendar in it. Free with calendar_set_unload. */
bool calendars_load(const struct cli *cli, const char *dir, struct calendar_set *out, struct err *e);

#endif
