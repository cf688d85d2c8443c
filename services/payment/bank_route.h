/* By which way a payout goes to the bank (PA-3). It is chosen once, with the intent, and stands in the payout's row:
 * another configuration later never sends an order the other way too. Pure. */
#ifndef REDRESS_PAYMENT_BANK_ROUTE_H
#define REDRESS_PAYMENT_BANK_ROUTE_H

#include <stdbool.h>

#include "event/events.h"

enum bank_kind { BANK_API, BANK_FILES, BANKS };

const char *bank_kind_name(enum bank_kind kind);

/* The setting bank.files.for: words parted by blanks, each CURRENCY, CURRENCY@ACCOUNT or *@ACCOUNT ("EUR *@O-E1-6222"),
 * where the account is the one that pays. Only transfers go by files; what the bank pays at its counter, or by other
 * electronic means, goes to its API. */
enum bank_kind bank_route(const char *files_for, enum pay_method method, const char *currency, const char *payer);
/* NULL, or the first word that is none of these, within the setting's text. */
const char *bank_route_check(const char *files_for);

#endif
