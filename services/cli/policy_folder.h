/* Folders of a policy, whole when they appear and never changed afterwards: a revision of the installation's policy
 * (policy/policy_load.h, SL-6), or a copy of what somebody proposes as the next one (SL-8). */
#ifndef REDRESS_CLI_POLICY_FOLDER_H
#define REDRESS_CLI_POLICY_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "event/desc.h"

struct policy_folder {
    const char *root;            /* the setting policy.dir */
    const char *name;            /* below it */
    const char *pack, *calendar; /* folders that are copied */
    const char *note_name;       /* a file beside them that says how they came */
    const struct type_desc *note_type;
    const void *note;
};

/* Copies pack, organisation and calendars into a draft and renames it into place. False when it cannot be written, or
 * somebody else was first: *taken. */
bool policy_folder_make(const struct policy_folder *f, bool *taken, struct err *e);
/* Writes a file into a folder that has none of that name yet; somebody else was first: *taken. */
bool policy_folder_add(const char *folder, const char *name, const struct type_desc *type, const void *value,
                       bool *taken, struct err *e);
/* Whether a file is the same in two folders; false when one of them is not there. */
bool policy_folder_same(const char *dir, const char *other, const char *name);

#endif
