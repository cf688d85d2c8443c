#include "payment/bank_route.h"

#include <string.h>

#include "base/money.h"

const char *bank_kind_name(enum bank_kind kind)
{
    switch (kind) {
    case BANK_FILES: return "files";
    case BANK_API:
    case BANKS: break;
    }
    return "api";
}

/* One word of the setting, which is not NUL-terminated. */
static bool fits(const char *word, size_t n, const char *currency, const char *payer)
{
    const char *at = memchr(word, '@', n);
    size_t head = at != NULL ? (size_t)(at - word) : n, tail = at != NULL ? n - head - 1 : 0;
    bool currency_fits =
        (head == 1 && word[0] == '*') || (head == strlen(currency) && strncmp(word, currency, head) == 0);
    return currency_fits && (at == NULL || (tail == strlen(payer) && strncmp(at + 1, payer, tail) == 0));
}

enum bank_kind bank_route(const char *files_for, enum pay_method method, const char *currency, const char *payer)
{
    if (method != PAY_METHOD_TRANSFER) return BANK_API;
    for (const char *word = files_for + strspn(files_for, " "); *word != '\0'; word += strspn(word, " ")) {
        size_t n = strcspn(word, " ");
        if (fits(word, n, currency, payer)) return BANK_FILES;
        word += n;
    }
    return BANK_API;
}

static bool is_word(const char *word, size_t n)
{
    const char *at = memchr(word, '@', n);
    char currency[4] = "";
    size_t head = at != NULL ? (size_t)(at - word) : n;
    if (at != NULL && head + 1 == n) return false;
    if (at != NULL && head == 1 && word[0] == '*') return true;
    if (head != 3) return false;
    memcpy(currency, word, 3);
    return money_exponent(currency) >= 0;
}

const char *bank_route_check(const char *files_for)
{
    for (const char *word = files_for + strspn(files_for, " "); *word != '\0'; word += strspn(word, " ")) {
        size_t n = strcspn(word, " ");
        if (!is_word(word, n)) return word;
        word += n;
    }
    return NULL;
}
