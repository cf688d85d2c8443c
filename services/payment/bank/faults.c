#include "payment/bank/faults.h"

#include <jansson.h>
#include <stdio.h>

#include "base/id.h"

bool faults_hit(const char *key, int64_t salt, int percent)
{
    char text[256];
    int n = snprintf(text, sizeof(text), "%lld/%s", (long long)salt, key);
    size_t len = n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1;
    return percent > 0 && (int)(id_hash(text, len) % 100) < percent;
}

bool faults_read(const char *json, size_t n, struct bank_faults *out, char *why, size_t why_size)
{
    json_error_t at = {.text = "JSON is needed"};
    struct bank_faults f = {0};
    int down = 0;
    json_t *root = n == 0 ? NULL : json_loadb(json, n, JSON_REJECT_DUPLICATES, &at);
    bool well =
        root != NULL &&
        json_unpack_ex(root, &at, JSON_STRICT, "{s?i,s?i,s?i,s?i,s?i,s?i,s?i,s?i,s?i,s?i,s?b}", "slow_ms", &f.slow_ms,
                       "slow_percent", &f.slow_percent, "drop_percent", &f.drop_percent, "lose_percent",
                       &f.lose_percent, "refuse_percent", &f.refuse_percent, "wrong_amount_percent",
                       &f.wrong_amount_percent, "late_ms", &f.late_ms, "late_percent", &f.late_percent,
                       "duplicate_percent", &f.duplicate_percent, "omit_percent", &f.omit_percent, "down", &down) == 0;
    f.down = down != 0;
    if (well)
        *out = f;
    else
        snprintf(why, why_size, "%s", at.text);
    json_decref(root);
    return well;
}

void faults_write(const struct bank_faults *f, struct buf *out)
{
    buf_printf(out,
               "{\"slow_ms\":%d,\"slow_percent\":%d,\"drop_percent\":%d,\"lose_percent\":%d,\"refuse_percent\":%d,"
               "\"wrong_amount_percent\":%d,\"late_ms\":%d,\"late_percent\":%d,\"duplicate_percent\":%d,"
               "\"omit_percent\":%d,\"down\":%s}",
               f->slow_ms, f->slow_percent, f->drop_percent, f->lose_percent, f->refuse_percent,
               f->wrong_amount_percent, f->late_ms, f->late_percent, f->duplicate_percent, f->omit_percent,
               f->down ? "true" : "false");
}
