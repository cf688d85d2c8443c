#include "base/money.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char decimals0[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
static const char decimals3[] = "BHD IQD JOD KWD LYD OMR TND";
static const char decimals2[] =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL "
    "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP "
    "MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
    "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS "
    "VED VES WST XCD YER ZAR ZMW";

static bool listed(const char *list, const char *code)
{
    const char *hit = strstr(list, code);
    return hit != NULL && (hit - list) % 4 == 0;
}

int money_exponent(const char *currency)
{
    if (strlen(currency) != 3) return -1;
    if (listed(decimals2, currency)) return 2;
    if (listed(decimals0, currency)) return 0;
    return listed(decimals3, currency) ? 3 : -1;
}

bool money_add(struct money a, struct money b, struct money *out)
{
    int64_t sum;
    if (strcmp(a.currency, b.currency) != 0 || __builtin_add_overflow(a.minor, b.minor, &sum)) return false;
    *out = a;
    out->minor = sum;
    return true;
}

bool money_sub(struct money a, struct money b, struct money *out)
{
    int64_t left;
    if (strcmp(a.currency, b.currency) != 0 || __builtin_sub_overflow(a.minor, b.minor, &left)) return false;
    *out = a;
    out->minor = left;
    return true;
}

/* Signs that may stand for a currency, and for which. */
static const struct {
    const char *sign, *currencies;
} signs[] = {
    {"$",
     "ARS AUD BBD BMD BND BSD BZD CAD CLP COP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD USD UYU XCD"},
    {"¥", "CNY JPY"},
    {"￥", "CNY JPY"},
    {"元", "CNY"},
    {"円", "JPY"},
    {"€", "EUR"},
    {"£", "EGP FKP GBP GIP LBP SHP SYP"},
    {"₹", "INR"},
    {"₩", "KPW KRW"},
    {"zł", "PLN"},
    {"kr", "DKK ISK NOK SEK"}};

struct reading {
    const char *p; /* what is not read yet */
    const char *currency;
    struct money_notation how;
    int exponent;
    int64_t minor;
    int places;             /* decimals read into minor */
    bool digits, too_large; /* there was one; int64 is not enough */
    bool more, up;          /* decimals beyond the currency's: one is not 0; the first is 5 or above */
};

/* Bytes of the space at p, also of those that do not break (U+00A0, U+2009, U+202F); 0: none. */
static size_t space_bytes(const char *p)
{
    static const char *const wide[] = {"\u00a0", "\u2009", "\u202f"};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (strncmp(p, wide[i], strlen(wide[i])) == 0) return strlen(wide[i]);
    return isspace((unsigned char)*p) ? 1 : 0;
}

static void skip_space(struct reading *r)
{
    for (size_t n; (n = space_bytes(r->p)) > 0;) r->p += n;
}

/* The code or a sign of the reading's own currency, once. */
static bool skip_currency(struct reading *r)
{
    if (strncasecmp(r->p, r->currency, 3) == 0 && !isalpha((unsigned char)r->p[3])) {
        r->p += 3;
        return true;
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].sign);
        if (strncmp(r->p, signs[i].sign, n) != 0 || !listed(signs[i].currencies, r->currency)) continue;
        r->p += n;
        return true;
    }
    return false;
}

static void push_digit(struct reading *r, int digit)
{
    r->digits = true;
    if (__builtin_mul_overflow(r->minor, 10, &r->minor) || __builtin_add_overflow(r->minor, digit, &r->minor))
        r->too_large = true;
}

/* Bytes of what may part thousands at p; 0: nothing does. */
static size_t group_bytes(const char *p, char decimal)
{
    static const char apostrophe[] = "\u2019";
    if (*p == (decimal == ',' ? '.' : ',') || *p == '\'') return 1;
    return strncmp(p, apostrophe, strlen(apostrophe)) == 0 ? strlen(apostrophe) : space_bytes(p);
}

/* Digits, or groups of three parted by one and the same sign, of which the first may be shorter. */
static bool read_whole(struct reading *r)
{
    const char *parted = NULL;
    size_t n_parted = 0;
    for (;;) {
        int n = 0;
        for (; isdigit((unsigned char)*r->p); r->p++, n++) push_digit(r, *r->p - '0');
        if (parted != NULL && n != 3) return false;
        size_t next = group_bytes(r->p, r->how.decimal);
        if (next == 0 || n == 0 || !isdigit((unsigned char)r->p[next])) return true;
        if (parted != NULL ? next != n_parted || memcmp(parted, r->p, next) != 0 : n > 3) return false;
        parted = r->p;
        n_parted = next;
        r->p += next;
    }
}

static void read_decimals(struct reading *r)
{
    if (*r->p != r->how.decimal) return;
    bool beyond = false;
    for (r->p++; isdigit((unsigned char)*r->p); r->p++) {
        if (r->places < r->exponent) {
            r->places++;
            push_digit(r, *r->p - '0');
            continue;
        }
        if (!beyond) r->up = *r->p >= '5';
        if (*r->p != '0') r->more = true;
        r->digits = beyond = true;
    }
}

/* false: not everything of the text belongs to an amount. */
static bool read_all(struct reading *r, bool *negative)
{
    skip_space(r);
    bool named = skip_currency(r);
    skip_space(r);
    *negative = *r->p == '-';
    if (*negative) r->p++;
    skip_space(r);
    if (!named) named = skip_currency(r);
    skip_space(r);
    if (!read_whole(r)) return false;
    read_decimals(r);
    skip_space(r);
    if (!named && skip_currency(r)) skip_space(r);
    return r->digits && *r->p == '\0';
}

bool money_parse(const char *text, const char *currency, const struct money_notation *how, struct money *out,
                 const char **why)
{
    struct reading r = {.p = text,
                        .currency = currency,
                        .how = how == NULL ? (struct money_notation){.decimal = '.'} : *how,
                        .exponent = money_exponent(currency)};
    bool negative;
    *why = "unknown currency";
    if (r.exponent < 0) return false;
    *why = "not an amount";
    if (!read_all(&r, &negative)) return false;
    *why = "more decimals than the currency has";
    if (r.more && !r.how.round) return false;
    *why = "amount too large";
    for (; r.places < r.exponent; r.places++) push_digit(&r, 0);
    if (r.up && r.how.round && __builtin_add_overflow(r.minor, 1, &r.minor)) r.too_large = true;
    if (r.too_large) return false;
    out->minor = negative ? -r.minor : r.minor;
    snprintf(out->currency, sizeof out->currency, "%s", currency);
    *why = NULL;
    return true;
}

const char *money_format(struct money m, char *buf, size_t size)
{
    int exponent = money_exponent(m.currency);
    uint64_t abs = m.minor < 0 ? 0 - (uint64_t)m.minor : (uint64_t)m.minor;
    uint64_t unit = exponent == 3 ? 1000 : exponent == 2 ? 100 : 1;
    unsigned rest = (unsigned)(abs % unit);
    const char *sign = m.minor < 0 ? "-" : "";
    if (exponent == 3)
        snprintf(buf, size, "%s%" PRIu64 ".%03u %s", sign, abs / unit, rest, m.currency);
    else if (exponent == 2)
        snprintf(buf, size, "%s%" PRIu64 ".%02u %s", sign, abs / unit, rest, m.currency);
    else
        snprintf(buf, size, "%s%" PRIu64 " %s", sign, abs, m.currency);
    return buf;
}
