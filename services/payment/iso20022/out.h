/* Writing ISO 20022 messages with libxml2: elements in the order they are put. */
#ifndef REDRESS_PAYMENT_ISO20022_OUT_H
#define REDRESS_PAYMENT_ISO20022_OUT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/money.h"

struct iso_out; /* opaque */

/* Opens Document of this message ("pain.001.001.09") and the message's own element. */
struct iso_out *iso_out_new(const char *message, const char *element);
/* Closes what is open and appends the document to `to`. Frees. */
void iso_out_finish(struct iso_out *o, struct buf *to);

void iso_open(struct iso_out *o, const char *element);
void iso_close(struct iso_out *o);
/* An element with a text; nothing when the text is NULL. */
void iso_put(struct iso_out *o, const char *element, const char *text);
void iso_put_int(struct iso_out *o, const char *element, int64_t value);
void iso_put_time(struct iso_out *o, const char *element, int64_t ms);
/* The amount must be one that iso_amount_format takes. */
void iso_put_amount(struct iso_out *o, const char *element, struct money m);
/* A party with a name of at most 140 characters; without a name when it is NULL or no text. */
void iso_put_party(struct iso_out *o, const char *element, const char *name);
/* An account: its IBAN, or whatever number it has. */
void iso_put_account(struct iso_out *o, const char *element, const char *account);

/* Characters XML has, 1 to `most` of them. */
bool iso_is_text(const char *text, long most);
/* An IBAN with right check digits. */
bool iban_is_valid(const char *text);

#endif
