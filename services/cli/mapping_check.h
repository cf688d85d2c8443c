/* What mapping_load asks of a mapping once it is read: that its fields can become an inbound complaint. */
#ifndef REDRESS_CLI_MAPPING_CHECK_H
#define REDRESS_CLI_MAPPING_CHECK_H

#include "cli/mapping.h"

/* false: *at is the JSON path at fault and *reason why, both in the mapping's arena. */
bool mapping_check(struct mapping *m, const char **at, const char **reason);

#endif
