/* Settings every binary shares, and the command line every service has (--config, --print-config, --help). */
#ifndef REDRESS_RUNTIME_SETTINGS_H
#define REDRESS_RUNTIME_SETTINGS_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"

/* The shared keys; *n of them. */
const struct config_key *settings_shared(int *n);

/* A service's own table: the shared keys and `extra`, malloc'ed; the caller frees it after the config. */
struct config_key *settings_join(const struct config_key *extra, int n_extra, int *n);

/* $REDRESS_CONFIG, else the first that there is of ../etc/redress.conf beside the program (the installation it lies in)
 * and /var/lib/redress/etc/redress.conf, else NULL (environment and defaults only). */
const char *settings_default_file(void);

enum settings_action { SETTINGS_RUN, SETTINGS_EXIT, SETTINGS_FAILED };
/* Reads the command line and loads `config` from keys. SETTINGS_EXIT: help or the settings were printed. */
enum settings_action settings_command_line(const char *what, const struct config_key *keys, int n_keys, int argc,
                                           char **argv, struct config *config, struct err *e);

/* The clock named by the setting `clock`. */
bool settings_clock(const struct config *config, struct clock *out, struct err *e);

#endif
