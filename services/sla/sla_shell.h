/* The shell around the SLA core: the timers. Rule SL-3.
 *
 * PostgreSQL is the truth: a timer is a row written in the transaction of the event that armed it, and fires by an
 * update of that row in the transaction of its miss. Redis is a time index of the rows (timerstore.h), written
 * after the commit and rebuilt from them; without it firing goes on from a sweep of the rows every second, which
 * reads a little ahead. */
#ifndef REDRESS_SLA_SLA_SHELL_H
#define REDRESS_SLA_SLA_SHELL_H

#include "runtime/service.h"

extern const struct store sla_store;
extern const struct adapter sla_adapter;

/* What the last committed transaction did to the rows; taken by the adapter, which then clears it. */
struct sla_rows {
    struct pg_rows *armed;     /* id, partition, due, case_id, code, ver, warning */
    struct pg_rows *cancelled; /* id, partition, due */
    struct pg_rows *claimed;   /* id, partition, due, case_id, code, ver, warning, rev, body: of a claim on its way */
};
struct sla_rows *sla_store_rows(struct host *h);
void sla_rows_clear(struct sla_rows *rows);

#endif
