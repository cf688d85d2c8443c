/* What the sandbox bank's keeper may look at and change by HTTP (api.h). */
#include <string.h>

#include "payment/bank/files.h"
#include "payment/bank/request.h"

void keeper_get_faults(struct call *c)
{
    c->r->status = MHD_HTTP_OK;
    faults_write(&c->teller->faults, &c->r->answer);
}

void keeper_put_faults(struct call *c)
{
    char why[200];
    if (faults_read(c->r->body.bytes, c->r->body.len, &c->teller->faults, why, sizeof(why)))
        keeper_get_faults(c);
    else
        request_problem(c->r, MHD_HTTP_BAD_REQUEST, why);
}

void keeper_get_metrics(struct call *c)
{
    const struct teller *t = c->teller;
    c->r->status = MHD_HTTP_OK;
    buf_printf(&c->r->answer,
               "# TYPE redress_bank_requests_total counter\nredress_bank_requests_total %lld\n"
               "# TYPE redress_bank_payments_total counter\n"
               "redress_bank_payments_total{status=\"settled\"} %lld\n"
               "redress_bank_payments_total{status=\"refused\"} %lld\n"
               "# TYPE redress_bank_conflicts_total counter\nredress_bank_conflicts_total %lld\n"
               "# TYPE redress_bank_flushes_total counter\nredress_bank_flushes_total %lld\n"
               "# TYPE redress_bank_booked gauge\nredress_bank_booked %lld\n",
               (long long)t->attempts, (long long)t->settled, (long long)t->refused, (long long)t->conflicts,
               (long long)c->syncs, (long long)book_last(t->book));
}

void keeper_get_health(struct call *c)
{
    c->r->status = MHD_HTTP_OK;
    buf_puts(&c->r->answer, "{\"status\":\"ok\"}");
}

/* A bank by files tells again all it has booked. */
void keeper_post_statement(struct call *c)
{
    struct err e = ERR_INIT;
    if (c->files == NULL)
        request_problem(c->r, MHD_HTTP_NOT_FOUND, "this bank is not reached by files");
    else if (bank_files_state(c->files, 0, &e))
        keeper_get_health(c);
    else
        request_problem(c->r, MHD_HTTP_INTERNAL_SERVER_ERROR, e.message);
}
