/* The organisation as tables (docs/HACKING.md): one of units, with a row a person and the unit's own columns in its
 * first row or in each; one of head office's departments; one of suppliers.
 *
 * Columns stand in any order; the first of a table (unit, department, supplier) must be there and says which it is.
 * Lists are words separated by blanks. A unit where nobody works has a row without a person. */
#ifndef REDRESS_CLI_ORG_CSV_H
#define REDRESS_CLI_ORG_CSV_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "base/err.h"

/* A list as organisation.json has it, the caller's to free; *key: which one ("units", "departments", "suppliers").
 * NULL: ERR_DATA names row, column and reason. Whether the organisation can be right is not looked at here. */
json_t *org_csv_read(const char *path, const char **key, struct err *e);
/* The list of that key as a table; false = there is no such list. */
bool org_csv_write(json_t *organisation, const char *key, FILE *out);

#endif
