#include "payment/files/answers.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

const char *order_file(char *buf, const char *key)
{
    snprintf(buf, FILE_NAME_SIZE, "%s.xml", key);
    return buf;
}

static const char *answer_file(char *buf, const char *key)
{
    snprintf(buf, FILE_NAME_SIZE, "%s.json", key);
    return buf;
}

/* The words, borrowed from *root, which the caller releases. false without an error: there are none. */
static bool load(struct folder *f, const char *key, json_t **root, struct bank_words *out, struct err *e)
{
    struct buf text = BUF_INIT;
    char name[FILE_NAME_SIZE];
    json_int_t amount = 0;
    *root = NULL;
    *out = (struct bank_words){0};
    bool found = folder_read(f, "answers", answer_file(name, key), &text, e);
    if (found) *root = json_loadb(text.bytes, text.len, JSON_REJECT_DUPLICATES, NULL);
    buf_deinit(&text);
    if (!found) return false;
    bool well = json_unpack(*root, "{s:s,s:s,s?s,s?I,s?s,s?s,s?s}", "key", &out->key, "status", &out->status,
                            "currency", &out->currency, "amount_minor", &amount, "payee", &out->payee, "bank_ref",
                            &out->ref, "reason", &out->reason) == 0;
    out->amount_minor = amount;
    return well || err_set(e, ERR_DATA, "answers", "answers/%s cannot be read", name);
}

bool answer_outcome(struct folder *f, const char *key, char outcome[OUTCOME_SIZE], struct err *e)
{
    json_t *root;
    struct bank_words w;
    bool found = load(f, key, &root, &w, e);
    if (found) snprintf(outcome, OUTCOME_SIZE, "%s", w.status);
    json_decref(root);
    return found;
}

static void put(struct buf *out, const char *name, const char *text)
{
    if (text == NULL) return;
    buf_printf(out, ",\"%s\":", name);
    buf_json_string(out, text);
}

bool answer_write(struct folder *f, const struct bank_words *w, struct err *e)
{
    struct buf text = BUF_INIT;
    char name[FILE_NAME_SIZE];
    buf_puts(&text, "{\"key\":");
    buf_json_string(&text, w->key);
    put(&text, "status", w->status);
    put(&text, "currency", w->currency);
    if (w->currency != NULL) buf_printf(&text, ",\"amount_minor\":%lld", (long long)w->amount_minor);
    put(&text, "payee", w->payee);
    put(&text, "bank_ref", w->ref);
    put(&text, "reason", w->reason);
    buf_puts(&text, "}\n");
    bool well = folder_write(f, "answers", answer_file(name, w->key), &text, e);
    buf_deinit(&text);
    return well;
}

bool answer_read(struct folder *f, struct bank_order *order, struct err *e)
{
    json_t *root;
    struct bank_words w;
    bool final = load(f, order->key, &root, &w, e) && bank_answer_judge(order, &w);
    json_decref(root);
    return final;
}
