/* Which case a message belongs to (CH-4). Pure; the store finds the candidates.
 *
 * Candidates are the contacts of the cases that still take contacts (open, or lapsed and reopenable)
 * and have the message's matter key (event/identity.h). A channel that gives numbers of its own says
 * itself what is the same matter and what is another one. */
#ifndef REDRESS_INTAKE_MATTER_H
#define REDRESS_INTAKE_MATTER_H

#include <stdint.h>

/* One contact of a candidate case. */
struct matter_contact {
    int64_t case_id;
    const char *source;
    const char *ref; /* the channel's own number of the matter; NULL = it gave none */
};

/* The case the message is a further contact of: the one that channel knows by that number; else the newest
 * the channel does not know by another number; 0 = a new matter. */
int64_t matter_choose(const struct matter_contact *known, int n, const char *source, const char *ref);

#endif
