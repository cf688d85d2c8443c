/* A new revision of the installation's policy, laid into its folder (policy/policy_load.h, SL-6). */
#ifndef REDRESS_CLI_POLICY_INSTALL_H
#define REDRESS_CLI_POLICY_INSTALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct policy_install {
    const char *root; /* the setting policy.dir */
    const char *pack, *calendar;
    int64_t revision;
    bool moves;
    int64_t now_ms;
};

/* Copies pack, organisation and calendars beside the earlier revisions and renames them into place: whoever looks
 * sees all of it or nothing. False when it cannot be written, or somebody else was first. */
bool policy_install(const struct policy_install *i, const char *pack_id, int64_t pack_version, int64_t calendar_version,
                    struct err *e);
/* Whether a file is the same in two folders; false when one of them is not there. */
bool policy_install_same(const char *dir, const char *other, const char *name);

#endif
