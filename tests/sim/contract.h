/* What only a direct call shows, as short stories on one protocol: slow-but-right bugs, alarms, steady load, the
 * tables of protocol_rules.h. A story returns the first condition that does not hold, or NULL. */
#ifndef REDRESS_SIM_CONTRACT_H
#define REDRESS_SIM_CONTRACT_H

#include "world.h"

#define EXPECT(cond)                                                                                                   \
    do {                                                                                                               \
        if (!(cond)) return #cond;                                                                                     \
    } while (0)

struct contract_story {
    const char *name; /* NULL ends the table */
    const char *(*tell)(struct protocol *p);
};
extern const struct contract_story contract_lives[], contract_watching[], contract_rules[];

/* One partition of service A: its own stream, and C's, of which numbers to 20 exist and those to 4 are dropped. */
extern const struct proto_stream contract_own, contract_from_c;
enum proto_state contract_load(struct protocol *p, int64_t out_seq, int64_t floor, int64_t last_in_log,
                               int64_t consumed);
void contract_commit_setup(struct protocol *p);

#endif
