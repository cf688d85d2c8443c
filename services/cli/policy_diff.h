/* What two packs say differently (policy_diff.c). */
#ifndef REDRESS_CLI_POLICY_DIFF_H
#define REDRESS_CLI_POLICY_DIFF_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

/* An array of {path, old, new} over pack.json and organisation.json of two folders; null: not there. The caller's to
 * free, also when false is returned. */
bool policy_diff(const char *before, const char *after, json_t **out, struct err *e);
/* The same in words, a line each. */
void policy_diff_print(json_t *changes);

#endif
