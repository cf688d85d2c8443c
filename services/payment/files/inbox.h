/* The bank's files taken in (PA-3): status reports and statements become answers to orders, and are kept; what cannot
 * be understood, or contradicts what is known, is moved aside whole, with the field and the reason beside it. A file is
 * taken in whole or not at all, and doing it again changes nothing. */
#ifndef REDRESS_PAYMENT_FILES_INBOX_H
#define REDRESS_PAYMENT_FILES_INBOX_H

#include "payment/files/folder.h"

/* *taken files were taken in or put aside. false: the folder cannot be worked with; what was taken in stays so. */
bool inbox_take(struct folder *f, int *taken, struct err *e);

#endif
