#include "policy/wording.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/timefmt.h"
#include "calendar/calendar.h"

/* ---- what a name stands for ---- */

struct saying {
    const struct wording *w;
    const struct ev_intake_customer_notified *n;
};

/* NULL = the notice does not say it. */
typedef const char *say_fn(const struct saying *s);

static const char *word(const struct saying *s, const char *code)
{
    const struct pol_notices *rules = s->w->policy->pack->notices;
    for (int i = 0; code != NULL && i < rules->n_words; i++) {
        const struct pol_notice_word *known = &rules->words[i];
        if (strcmp(known->word, code) == 0) return s->n->language == LANGUAGE_EN ? known->en : known->zh;
    }
    return code;
}

static const char *separator(const struct saying *s) { return s->n->language == LANGUAGE_EN ? ", " : "、"; }

static const char *words(const struct saying *s, const char *const *codes, int n)
{
    const char *text = NULL;
    for (int i = 0; i < n; i++) {
        const char *next = word(s, codes[i]);
        text = text == NULL ? next : arena_printf(s->w->arena, "%s%s%s", text, separator(s), next);
    }
    return text;
}

static const char *money(const struct saying *s, bool said, int64_t minor)
{
    struct money m = {.minor = minor};
    if (!said || minor == 0 || s->n->currency == NULL) return NULL;
    snprintf(m.currency, sizeof m.currency, "%s", s->n->currency);
    return money_format(m, arena_alloc(s->w->arena, 32), 32);
}

static const char *say_case_no(const struct saying *s) { return s->n->case_no; }
static const char *say_name(const struct saying *s) { return s->n->recipient->name; }
static const char *say_amount(const struct saying *s) { return money(s, s->n->has_amount_minor, s->n->amount_minor); }
static const char *say_paid(const struct saying *s) { return money(s, s->n->has_paid_minor, s->n->paid_minor); }
static const char *say_before(const struct saying *s) { return money(s, s->n->has_before_minor, s->n->before_minor); }
static const char *say_rest(const struct saying *s) { return money(s, s->n->has_rest_minor, s->n->rest_minor); }
static const char *say_slip(const struct saying *s) { return s->n->slip_no; }
static const char *say_terms(const struct saying *s) { return s->n->terms; }
static const char *say_voucher(const struct saying *s) { return s->n->voucher_no; }
static const char *say_missing(const struct saying *s) { return words(s, s->n->missing, s->n->n_missing); }
static const char *say_comment(const struct saying *s) { return s->n->comment; }
static const char *say_handler(const struct saying *s) { return s->n->handler_name; }
static const char *say_outlet(const struct saying *s) { return s->n->org_name; }
static const char *say_next_steps(const struct saying *s) { return word(s, s->n->next_steps); }
static const char *say_reasons(const struct saying *s) { return word(s, s->n->reasons); }
static const char *say_routes(const struct saying *s) { return words(s, s->n->routes, s->n->n_routes); }
static const char *say_explanation(const struct saying *s) { return s->n->explanation; }
static const char *say_prevention(const struct saying *s) { return s->n->prevention; }

static const char *say_plan(const struct saying *s)
{
    const char **codes = ARENA_ARRAY(s->w->arena, const char *, s->n->n_measures);
    for (int i = 0; i < s->n->n_measures; i++) codes[i] = measure_kind_name(s->n->measures[i]);
    return words(s, codes, s->n->n_measures);
}

static const char *say_appeal_days(const struct saying *s)
{
    return s->n->has_appeal_days ? arena_printf(s->w->arena, "%lld", (long long)s->n->appeal_days) : NULL;
}

static const char *say_cause(const struct saying *s)
{
    return s->n->cause != CAUSE_ABSENT ? word(s, cause_name(s->n->cause)) : NULL;
}

static const char *say_outcome(const struct saying *s)
{
    return s->n->outcome != OUTCOME_ABSENT ? word(s, outcome_name(s->n->outcome)) : NULL;
}

/* "2026-03-05 18:00" on the wall clock of the case's region. */
static const char *say_date(const struct saying *s)
{
    char date[TIMEFMT_SIZE];
    if (!s->n->has_due_ms) return NULL;
    int32_t day = calendar_date_of(s->w->calendar, s->n->due_ms);
    int64_t local_s = s->n->due_ms / 1000 + calendar_offset_s(s->w->calendar, s->n->due_ms);
    int minute = (int)((local_s / 60 - (int64_t)day * 1440 + 1440) % 1440);
    return arena_printf(s->w->arena, "%s %02d:%02d", timefmt_date_text(day, date), minute / 60, minute % 60);
}

enum blank {
    CASE_NO,
    NAME,
    AMOUNT,
    PAID,
    BEFORE,
    REST,
    PLAN,
    TERMS,
    SLIP,
    VOUCHER,
    DATE,
    MISSING,
    COMMENT,
    HANDLER,
    OUTLET,
    NEXT_STEPS,
    REASONS,
    ROUTES,
    APPEAL_DAYS,
    WHY,
    EXPLANATION,
    PREVENTION,
    OUTCOME,
    BLANKS
};

static const struct {
    const char *name;
    say_fn *say;
} blanks[BLANKS] = {
    [CASE_NO] = {"case_no", say_case_no},
    [NAME] = {"name", say_name},
    [AMOUNT] = {"amount", say_amount},
    [PAID] = {"paid", say_paid},
    [BEFORE] = {"before", say_before},
    [REST] = {"rest", say_rest},
    [PLAN] = {"plan", say_plan},
    [TERMS] = {"terms", say_terms},
    [SLIP] = {"slip", say_slip},
    [VOUCHER] = {"voucher", say_voucher},
    [DATE] = {"date", say_date},
    [MISSING] = {"missing", say_missing},
    [COMMENT] = {"comment", say_comment},
    [HANDLER] = {"handler", say_handler},
    [OUTLET] = {"outlet", say_outlet},
    [NEXT_STEPS] = {"next_steps", say_next_steps},
    [REASONS] = {"reasons", say_reasons},
    [ROUTES] = {"routes", say_routes},
    [APPEAL_DAYS] = {"appeal_days", say_appeal_days},
    [WHY] = {"cause", say_cause},
    [EXPLANATION] = {"explanation", say_explanation},
    [PREVENTION] = {"prevention", say_prevention},
    [OUTCOME] = {"outcome", say_outcome},
};

#define SAYS(blank) (UINT32_C(1) << (blank))

/* Beside the case's number and the customer's name, which every notice can say. */
static uint32_t sayable(enum notice_kind kind)
{
    switch (kind) {
    case NOTICE_KIND_ACKNOWLEDGED:
    case NOTICE_KIND_HANDLER_CHANGED: return SAYS(HANDLER) | SAYS(OUTLET) | SAYS(NEXT_STEPS) | SAYS(DATE);
    case NOTICE_KIND_MATERIAL_REQUESTED: return SAYS(MISSING) | SAYS(COMMENT) | SAYS(DATE);
    case NOTICE_KIND_OFFERED: return SAYS(PLAN) | SAYS(AMOUNT) | SAYS(TERMS);
    case NOTICE_KIND_REJECTED:
        return SAYS(REASONS) | SAYS(ROUTES) | SAYS(APPEAL_DAYS) | SAYS(WHY) | SAYS(EXPLANATION) | SAYS(PREVENTION);
    case NOTICE_KIND_RESULT:
        return SAYS(PLAN) | SAYS(AMOUNT) | SAYS(SLIP) | SAYS(WHY) | SAYS(EXPLANATION) | SAYS(PREVENTION);
    case NOTICE_KIND_DEDUCTED: return SAYS(AMOUNT) | SAYS(REST) | SAYS(SLIP);
    case NOTICE_KIND_CASH_DUE: return SAYS(AMOUNT) | SAYS(VOUCHER) | SAYS(OUTLET) | SAYS(SLIP);
    case NOTICE_KIND_PAID: return SAYS(PLAN) | SAYS(AMOUNT) | SAYS(PAID) | SAYS(BEFORE) | SAYS(VOUCHER);
    case NOTICE_KIND_ADVANCE_PAID: return SAYS(AMOUNT) | SAYS(PAID) | SAYS(VOUCHER);
    case NOTICE_KIND_PROMISED:
    case NOTICE_KIND_ISSUE_ANSWERED: return SAYS(DATE) | SAYS(COMMENT);
    case NOTICE_KIND_CLOSED: return SAYS(OUTCOME) | SAYS(REASONS);
    case NOTICE_KIND_REOPENED: return SAYS(REASONS);
    case NOTICE_KIND_REMINDED:
    case NOTICE_KIND_EXECUTED:
    case NOTICE_KIND_SATISFACTION_ASKED:
    case NOTICE_KIND_ABSENT: break;
    }
    return 0;
}

static bool may_say(enum notice_kind kind, enum blank b)
{
    return ((SAYS(CASE_NO) | SAYS(NAME) | sayable(kind)) & SAYS(b)) != 0;
}

/* BLANKS = no such name. */
static enum blank blank_named(const char *name, size_t n)
{
    enum blank b = 0;
    while (b < BLANKS && (strlen(blanks[b].name) != n || memcmp(blanks[b].name, name, n) != 0)) b++;
    return b;
}

/* ---- whether a template can be one ---- */

const char *wording_fault(enum notice_kind kind, const char *template, char *name)
{
    bool inside = false;
    name[0] = '\0';
    if (template[0] == '\0') return "says nothing";
    for (const char *at = template; *at != '\0'; at++) {
        if (*at == '}') return "} without {";
        if (*at == '[' && inside) return "[ inside [ ]";
        if (*at == ']' && !inside) return "] without [";
        if (*at == '[' || *at == ']') inside = *at == '[';
        if (*at != '{') continue;
        size_t n = strcspn(at + 1, "{}[]");
        if (at[1 + n] != '}') return "{ without }";
        enum blank b = blank_named(at + 1, n);
        snprintf(name, WORDING_NAME_SIZE, "%.*s", (int)(n < 24 ? n : 24), at + 1);
        if (b == BLANKS) return "there is no such name";
        if (!may_say(kind, b)) return "a notice of this kind does not say it";
        at += n + 1;
    }
    name[0] = '\0';
    return inside ? "[ without ]" : NULL;
}

const struct pol_notice_text *wording_of(const struct policy *p, enum notice_kind kind)
{
    const struct pol_notices *rules = p->pack->notices;
    for (int i = 0; i < rules->n_texts; i++) {
        if (rules->texts[i].kind == kind) return &rules->texts[i];
    }
    return NULL;
}

/* ---- filling in ---- */

struct sheet {
    const char *value[BLANKS];
    char *text; /* NULL: only counts */
    size_t n;
};

static void put(struct sheet *sheet, const char *text, size_t n)
{
    if (sheet->text != NULL) memcpy(sheet->text + sheet->n, text, n);
    sheet->n += n;
}

/* The value of the name at "{…"; *end is where it ends. */
static const char *value_at(const struct sheet *sheet, const char *at, const char **end)
{
    *end = strchr(at, '}');
    enum blank b = blank_named(at + 1, (size_t)(*end - at - 1));
    return b < BLANKS ? sheet->value[b] : NULL;
}

static bool is_said(const struct sheet *sheet, const char *from, const char *to)
{
    for (const char *at = from; at < to; at++) {
        const char *end;
        if (*at == '{' && value_at(sheet, at, &end) == NULL) return false;
    }
    return true;
}

static void fill(struct sheet *sheet, const char *from, const char *to)
{
    for (const char *at = from; at < to; at++) {
        if (*at == '[') {
            const char *end = strchr(at, ']');
            if (is_said(sheet, at + 1, end)) fill(sheet, at + 1, end);
            at = end;
        } else if (*at == '{') {
            const char *end, *value = value_at(sheet, at, &end);
            if (value != NULL) put(sheet, value, strlen(value));
            at = end;
        } else {
            put(sheet, at, 1);
        }
    }
}

static const char *write_one(const struct sheet *values, const char *template, struct arena *a)
{
    const char *end = template + strlen(template);
    struct sheet sheet = *values;
    fill(&sheet, template, end);
    sheet.text = arena_alloc(a, sheet.n + 1);
    sheet.n = 0;
    fill(&sheet, template, end);
    return sheet.text;
}

void wording_write(const struct wording *w, const struct pol_notice_text *text, struct ev_intake_customer_notified *n)
{
    struct saying saying = {w, n};
    struct sheet sheet = {.n = 0};
    for (enum blank b = 0; b < BLANKS; b++) {
        if (may_say(n->kind, b)) sheet.value[b] = blanks[b].say(&saying);
    }
    const struct pol_notice_template *template = n->language == LANGUAGE_EN ? text->en : text->zh;
    n->title = write_one(&sheet, template->title, w->arena);
    n->body = write_one(&sheet, template->body, w->arena);
}
