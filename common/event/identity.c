/* See identity.h. All text handling is ASCII: other bytes stay as they are. */
#include "event/identity.h"

#include <ctype.h>
#include <string.h>

#include "base/id.h"

enum { PHONE_MIN_DIGITS = 7, CHINA_MOBILE_DIGITS = 11 };

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* s without white space, letters turned by `turn`; NULL when nothing is left. */
static const char *squeeze(const char *s, int (*turn)(int), struct arena *a)
{
    if (s == NULL) return NULL;
    char *out = arena_alloc(a, strlen(s) + 1);
    size_t n = 0;
    for (; *s != '\0'; s++) {
        if (is_space(*s)) continue;
        unsigned char c = (unsigned char)*s;
        out[n++] = (char)(c < 0x80 ? turn(c) : c);
    }
    return n > 0 ? out : NULL;
}

/* Digits of a phone number without the country's prefix; NULL when there are too few to tell one
 * customer from another. */
static const char *phone_digits(const char *phone, struct arena *a)
{
    if (phone == NULL) return NULL;
    char *out = arena_alloc(a, strlen(phone) + 1);
    size_t n = 0;
    for (; *phone != '\0'; phone++) {
        if (*phone >= '0' && *phone <= '9') out[n++] = *phone;
    }
    const char *digits = out;
    if (n >= 2 && digits[0] == '0' && digits[1] == '0') digits += 2, n -= 2;
    if (n == CHINA_MOBILE_DIGITS + 2 && strncmp(digits, "86", 2) == 0) digits += 2, n -= 2;
    return n >= PHONE_MIN_DIGITS ? digits : NULL;
}

static const char *of_customer(const struct customer *who, const struct origin *from, struct arena *a)
{
    if (who == NULL) return NULL;
    const char *account = squeeze(who->account, tolower, a);
    if (account != NULL) return arena_printf(a, "acc:%s:%s", from->source, account);
    const char *mail = squeeze(who->email, tolower, a);
    if (mail != NULL) return arena_printf(a, "mail:%s", mail);
    return NULL;
}

const char *identity_of(const struct ev_inbound_complaint *c, const struct origin *from, struct arena *a)
{
    const char *phone = c->customer != NULL ? phone_digits(c->customer->phone, a) : NULL;
    if (phone != NULL) return arena_printf(a, "tel:%s", phone);
    const char *contract = squeeze(c->contract_no, toupper, a);
    if (contract != NULL) return arena_printf(a, "con:%s", contract);
    const char *sender = of_customer(c->customer, from, a);
    if (sender != NULL) return sender;
    const char *ref = squeeze(c->external_ref, toupper, a);
    if (ref != NULL) return arena_printf(a, "ref:%s:%s", from->source, ref);
    return arena_printf(a, "msg:%s:%s", from->source, from->id);
}

const char *identity_matter(const struct ev_inbound_complaint *c, const struct origin *from, struct arena *a)
{
    const char *who = identity_of(c, from, a);
    if (strncmp(who, "ref:", 4) == 0 || strncmp(who, "msg:", 4) == 0) return who;
    const char *contract = squeeze(c->contract_no, toupper, a);
    if (contract != NULL) return arena_printf(a, "%s|con:%s", who, contract);
    const char *order = squeeze(c->order_no, toupper, a);
    if (order != NULL) return arena_printf(a, "%s|ord:%s", who, order);
    return arena_printf(a, "%s|cat:%s", who,
                        category_name(c->category == CATEGORY_ABSENT ? CATEGORY_OTHER : c->category));
}

int identity_home(enum event_type type, const void *data, const struct origin *from, int partitions, struct arena *a)
{
    int64_t case_id;
    if (type == EV_INBOUND_SUPPLEMENT) {
        const struct ev_inbound_supplement *s = data;
        if (case_no_parse(s->case_no, &case_id) && case_id_partition(case_id) < partitions)
            return case_id_partition(case_id);
        return id_home(s->case_no, partitions);
    }
    return id_home(identity_of(data, from, a), partitions);
}

const char *case_no_format(const char *prefix, int year, int64_t case_id, struct arena *a)
{
    return arena_printf(a, "%s%04d-%02d-%06lld", prefix, year, case_id_partition(case_id),
                        (long long)case_id_serial(case_id));
}

/* Digits before `end`, up to `most`, as a number; false when there is none or too many. */
static bool digits_before(const char *start, const char *end, int most, int64_t *out)
{
    int64_t value = 0;
    if (end == start || end - start > most) return false;
    for (const char *p = start; p < end; p++) {
        if (*p < '0' || *p > '9') return false;
        value = value * 10 + (*p - '0');
    }
    *out = value;
    return true;
}

bool case_no_parse(const char *case_no, int64_t *case_id)
{
    if (case_no == NULL) return false;
    const char *second = strrchr(case_no, '-');
    if (second == NULL || second == case_no) return false;
    const char *first = memrchr(case_no, '-', (size_t)(second - case_no));
    int64_t partition, serial;
    if (first == NULL || first == case_no) return false;
    if (!digits_before(first + 1, second, 4, &partition)) return false;
    if (!digits_before(second + 1, second + strlen(second), 12, &serial)) return false;
    if (serial < 1 || serial >> CASE_SERIAL_BITS != 0) return false;
    *case_id = case_id_make((int)partition, serial);
    return true;
}
