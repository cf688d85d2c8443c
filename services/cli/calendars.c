#include "cli/calendars.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of the sources, or of an installation. */
static bool in_folder(const char *folder, char *out)
{
    static const char *const places[] = {"schemas", "share"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int n = snprintf(out, PATH_MAX, "%s/%s/calendar", folder, places[i]);
        if (n > 0 && n < PATH_MAX && access(out, R_OK | X_OK) == 0) return true;
    }
    return false;
}

static bool above_program(char *out)
{
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0) return false;
    program[n] = '\0';
    for (char *slash = strrchr(program, '/'); slash != NULL && slash != program; slash = strrchr(program, '/')) {
        *slash = '\0';
        if (in_folder(program, out)) return true;
    }
    return false;
}

bool calendars_folder(const struct cli *cli, const char *dir, char *out, struct err *e)
{
    const char *set = config_text(&cli->config, "calendar.dir");
    if (dir == NULL && set[0] != '\0') dir = set;
    if (dir == NULL && (in_folder(".", out) || above_program(out))) return true;
    if (dir == NULL)
        return err_set(e, ERR_CONFIG, "calendars", "no calendars: name their folder with --calendar-dir DIR");
    return snprintf(out, PATH_MAX, "%s", dir) < PATH_MAX ||
           err_set(e, ERR_CONFIG, "calendars", "the folder's name is too long");
}

bool calendars_load(const struct cli *cli, const char *dir, struct calendar_set *out, struct err *e)
{
    char found[PATH_MAX];
    return calendars_folder(cli, dir, found, e) && calendar_set_load(found, out, e);
}
