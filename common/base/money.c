#include "base/money.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static const char *skip_symbol(const char *p)
{
    static const char *const symbols[] = {"$", "¥", "￥", "€", "£"};
    while (isspace((unsigned char)*p)) p++;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (strncmp(p, symbols[i], strlen(symbols[i])) == 0) {
            p += strlen(symbols[i]);
            break;
        }
    while (isspace((unsigned char)*p)) p++;
    return p;
}

static bool push_digit(int64_t *minor, int digit)
{
    return !__builtin_mul_overflow(*minor, 10, minor) && !__builtin_add_overflow(*minor, digit, minor);
}

/* Commas are allowed only as thousands separators: three digits must follow each. */
static bool comma_ok(const char *p, bool digits)
{
    return digits && isdigit((unsigned char)p[1]) && isdigit((unsigned char)p[2]) && isdigit((unsigned char)p[3]) &&
           !isdigit((unsigned char)p[4]);
}

bool money_parse(const char *text, const char *currency, struct money *out, const char **why)
{
    int exponent = money_exponent(currency);
    *why = "unknown currency";
    if (exponent < 0) return false;
    const char *p = skip_symbol(text);
    bool negative = *p == '-';
    if (negative) p = skip_symbol(p + 1);
    int64_t minor = 0;
    bool digits = false;
    *why = "not an amount";
    for (; isdigit((unsigned char)*p) || *p == ','; p++) {
        if (*p == ',') {
            if (!comma_ok(p, digits)) return false;
            continue;
        }
        digits = true;
        if (!push_digit(&minor, *p - '0')) {
            *why = "amount too large";
            return false;
        }
    }
    int places = 0;
    if (*p == '.')
        for (p++; isdigit((unsigned char)*p); p++) {
            digits = true;
            if (places == exponent && *p == '0') continue;
            if (places == exponent) {
                *why = "more decimals than the currency has";
                return false;
            }
            places++;
            if (!push_digit(&minor, *p - '0')) {
                *why = "amount too large";
                return false;
            }
        }
    while (isspace((unsigned char)*p)) p++;
    if (!digits || *p != '\0') return false;
    for (; places < exponent; places++)
        if (!push_digit(&minor, 0)) {
            *why = "amount too large";
            return false;
        }
    out->minor = negative ? -minor : minor;
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
