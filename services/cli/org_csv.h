/* The organisation as a table: one row a person, the unit's own columns in its first row or in each (docs/HACKING.md).
 *
 * Columns, in any order: unit,name,level,parent,bank_account,suspended,territories,contracts,person,person_name,roles.
 * Lists are words separated by blanks. A unit where nobody works has a row without a person. */
#ifndef REDRESS_CLI_ORG_CSV_H
#define REDRESS_CLI_ORG_CSV_H

#include <stdio.h>

#include <jansson.h>

#include "base/err.h"

/* {"units": […]} as organisation.json has it, without its version; the caller's to free. NULL: ERR_DATA names row,
 * column and reason. Whether the organisation can be right is not looked at here. */
json_t *org_csv_read(const char *path, struct err *e);
void org_csv_write(json_t *organisation, FILE *out);

#endif
