/* Money: int64 minor units (fen) with an ISO 4217 code; never a double. Rule PA-4, AP-2.
 *
 * Every operation is overflow-checked and refuses mixed currencies; false means refused and
 * *out untouched. */
#ifndef REDRESS_BASE_MONEY_H
#define REDRESS_BASE_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct money {
    int64_t minor;
    char currency[4]; /* "CNY"; "" = no amount */
};

/* Decimals of a currency: 0 (JPY), 2 (CNY), 3 (KWD); -1 for a code ISO 4217 does not list. */
int money_exponent(const char *currency);
bool money_add(struct money a, struct money b, struct money *out);
bool money_sub(struct money a, struct money b, struct money *out);

/* How a sender writes amounts. */
struct money_notation {
    char decimal; /* '.' or ',': what stands before the decimals; the other one may part thousands */
    bool round;   /* decimals beyond the currency's are rounded half up instead of refused */
};

/* Parses "1995", "1,995.00", "$319.73", "¥ 12.5", "1'995.00 CHF" in `currency`, and with the decimal ','
 * "1.995,00 €"; NULL is '.' without rounding. Thousands are parted in threes by the other of . and , by a space or
 * an apostrophe. One code or sign may stand before or behind, if it is `currency`'s. More decimals than the currency
 * has, anything else around it, or an overflow is refused; *why then says which. */
bool money_parse(const char *text, const char *currency, const struct money_notation *how, struct money *out,
                 const char **why);
/* "1995.00 CNY"; buf of at least 32 bytes. */
const char *money_format(struct money m, char *buf, size_t size);

#endif
