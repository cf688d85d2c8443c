/* Configuration: one table per binary makes --help, --print-config and the parsed values.
 *
 * Order of precedence: environment (REDRESS_<KEY>, upper case, '.' → '_') over file (INI, lines
 * "key = value") over default. A value is text, an integer with bounds, or a boolean; anything else
 * is refused with key and reason. Secrets print as "(set)" or "(unset)" and nothing more. */
#ifndef REDRESS_BASE_CONFIG_H
#define REDRESS_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum config_type { CONFIG_TEXT, CONFIG_INT, CONFIG_BOOL };

struct config_key {
    const char *key; /* "kafka.brokers" */
    enum config_type type;
    const char *fallback; /* default as text; NULL = must be given */
    int64_t min, max;     /* CONFIG_INT only */
    bool secret;
    const char *help; /* with units */
};

struct config {
    const struct config_key *keys;
    int n;
    char **values; /* one per key, owned */
};

/* file may be NULL; then only environment and defaults count. Unknown keys in the file are ignored:
 * one file serves every binary of an installation. After a failure there is nothing to free. */
bool config_load(struct config *c, const struct config_key *keys, int n, const char *file, struct err *e);
void config_deinit(struct config *c);
/* Asking for a key that is not in the table is a programming error and aborts. */
const char *config_text(const struct config *c, const char *key);
int64_t config_int(const struct config *c, const char *key);
bool config_bool(const struct config *c, const char *key);
void config_print(const struct config *c, FILE *to);
void config_help(const struct config_key *keys, int n, FILE *to);

#endif
