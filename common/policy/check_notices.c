/* What customers are told (PA-3, IN-7, AP-7, RV-2). See check.h. */
#include <string.h>

#include "policy/check.h"
#include "policy/wording.h"

/* What the rules have the customer told, whatever else the policy tells. */
static const struct {
    enum notice_kind kind;
    const char *rule;
} required[] = {
    {NOTICE_KIND_ACKNOWLEDGED, "IN-7"}, {NOTICE_KIND_MATERIAL_REQUESTED, "IN-6"}, {NOTICE_KIND_REJECTED, "AP-7"},
    {NOTICE_KIND_RESULT, "RV-2"},       {NOTICE_KIND_DEDUCTED, "PA-3"},           {NOTICE_KIND_CASH_DUE, "PA-3"},
    {NOTICE_KIND_PAID, "PA-3"},         {NOTICE_KIND_ADVANCE_PAID, "PA-3"},
};

/* The place is that of the language's two texts in the entry. */
static bool check_template(const struct check *c, int index, const char *language,
                           const struct pol_notice_template *template)
{
    enum notice_kind kind = c->policy->pack->notices->texts[index].kind;
    const char *const texts[] = {template->title, template->body}, *const members[] = {"title", "body"};
    bool well = true;
    for (int i = 0; i < 2; i++) {
        char name[WORDING_NAME_SIZE];
        const char *why = wording_fault(kind, texts[i], name);
        if (why == NULL) continue;
        well = policy_refuse(c, "$.notices.texts[%d].%s.%s: %s%s%s%s", index, language, members[i], name[0] ? "{" : "",
                             name, name[0] ? "}: " : "", why);
    }
    return well;
}

static bool check_text(const struct check *c, int index)
{
    const struct pol_notice_text *all = c->policy->pack->notices->texts, *text = &all[index];
    for (int i = 0; i < index; i++) {
        if (all[i].kind != text->kind) continue;
        return policy_refuse(c, "$.notices.texts[%d].kind: %s is listed twice", index, notice_kind_name(text->kind));
    }
    bool well = check_template(c, index, "zh", text->zh);
    return check_template(c, index, "en", text->en) && well;
}

static bool check_words(const struct check *c, const struct pol_notices *n)
{
    bool well = true;
    for (int i = 0; i < n->n_words; i++) {
        for (int j = 0; j < i; j++) {
            if (strcmp(n->words[j].word, n->words[i].word) != 0) continue;
            well = policy_refuse(c, "$.notices.words[%d].word: \"%s\" is listed twice", i, n->words[i].word);
        }
    }
    return well;
}

bool policy_check_notices(const struct check *c)
{
    const struct pol_notices *n = c->policy->pack->notices;
    bool well = check_words(c, n);
    for (int i = 0; i < n->n_texts; i++) well &= check_text(c, i);
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        if (wording_of(c->policy, required[i].kind) != NULL) continue;
        well = policy_refuse(c, "$.notices.texts: customers are not told %s (%s)", notice_kind_name(required[i].kind),
                             required[i].rule);
    }
    return well;
}
