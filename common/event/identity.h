/* Who a customer is, what matter a message is about, and how a case is called. Rules CH-4, IN-2.
 *
 * Pure. Producers, the importer and intake must agree on them to the byte: the identity decides the
 * home partition of a new case (base/id.h), so the same matter arriving through two channels meets
 * in one place. Changing a rule here sends known customers to other partitions: never without a
 * migration. */
#ifndef REDRESS_EVENT_IDENTITY_H
#define REDRESS_EVENT_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/events.h"

/* A message's origin: the CloudEvents source and id. */
struct origin {
    const char *source;
    const char *id;
};

/* The customer's identity, the first that applies:
 *   "tel:13800138000"        phone: digits alone, without the country's 86 (at least 7 digits)
 *   "con:HT-2024-0815"       contract number: upper case, without white space
 *   "acc:SOURCE:ACCOUNT"     account on that channel
 *   "mail:a@b.example"       lower case
 *   "ref:SOURCE:EXTERNAL"    the channel's own number of the matter
 *   "msg:SOURCE:ID"          nothing known: every message is a customer of its own */
const char *identity_of(const struct ev_inbound_complaint *c, const struct origin *from, struct arena *a);

/* The key by which the same matter is recognised (CH-4): the identity, then what it is about, the
 * first that applies: contract number, order number, category. A customer known by nothing but the
 * channel's own number has that as the whole key. */
const char *identity_matter(const struct ev_inbound_complaint *c, const struct origin *from, struct arena *a);

/* The partition a message belongs to: of its identity, or of the case its case_no names. */
int identity_home(enum event_type type, const void *data, const struct origin *from, int partitions, struct arena *a);

/* "RF2026-03-000041": prefix, year, partition, serial (IN-2). Unique because (partition, serial)
 * is; never reused because a serial is not. */
const char *case_no_format(const char *prefix, int year, int64_t case_id, struct arena *a);
/* The case id of a case number; false when the text is none. Prefix and year are not checked. */
bool case_no_parse(const char *case_no, int64_t *case_id);

#endif
