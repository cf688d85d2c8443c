/* Bounds before the parser (it recurses), then the parser's own refusals. */
#include "event/json_guard.h"

#include "event/codec.h"

/* Brackets outside strings; what is no JSON anyway is the parser's to refuse. */
static bool depth_is_bounded(const char *json, size_t n)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        char c = json[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > CODEC_MAX_DEPTH) return false;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

static json_t *refuse(struct err *e, const char *why)
{
    err_set(e, ERR_DATA, "codec_decode", "$: %s", why);
    return NULL;
}

json_t *json_guard_parse(const char *json, size_t n, struct err *e)
{
    if (n > CODEC_MAX_BYTES) return refuse(e, "is larger than 1 MiB");
    if (!depth_is_bounded(json, n)) return refuse(e, "is nested deeper than 32 levels");
    json_error_t why;
    json_t *root = json_loadb(json ? json : "", n, JSON_REJECT_DUPLICATES, &why);
    if (!root) err_set(e, ERR_DATA, "codec_decode", "$: not JSON: %s (byte %d)", why.text, why.position);
    return root;
}
