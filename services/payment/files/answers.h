/* What the bank has finally said of orders sent by files: answers/KEY.json (folder.h). The first
 * final word stands. */
#ifndef REDRESS_PAYMENT_FILES_ANSWERS_H
#define REDRESS_PAYMENT_FILES_ANSWERS_H

#include "payment/bank_answer.h"
#include "payment/files/folder.h"

enum { OUTCOME_SIZE = 16 };

/* "KEY.xml", the name of an order's file, into buf (FILE_NAME_SIZE bytes). Returns buf. */
const char *order_file(char *buf, const char *key);

/* true: the bank has said something final, and *outcome is it ("settled", "refused"). */
bool answer_outcome(struct folder *f, const char *key, char outcome[OUTCOME_SIZE], struct err *e);
/* Keeps it; under the folder's lock, when there is none yet. */
bool answer_write(struct folder *f, const struct bank_words *words, struct err *e);
/* true: the bank has said something final, and order->answer is filled with it. */
bool answer_read(struct folder *f, struct bank_order *order, struct err *e);

#endif
