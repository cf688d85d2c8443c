/* Bounds before the parser (it recurses), then the parser's own refusals.
 *
 * Every message of every service is parsed here, and a tree is dozens of small pieces that die together: they come
 * from one buffer of the thread, which starts anew with each tree. What finds no room there comes from malloc. */
#include "event/json_guard.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "event/codec.h"

enum { SCRATCH_BYTES = 64 * 1024 };

struct scratch {
    bool in_use, overflowed;
    size_t used;
    alignas(max_align_t) unsigned char bytes[SCRATCH_BYTES];
};

static _Thread_local struct scratch scratch;

static void *take(size_t size)
{
    if (!scratch.in_use) return malloc(size);
    size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (need < size || need > SCRATCH_BYTES - scratch.used) {
        scratch.overflowed = true;
        return malloc(size);
    }
    void *p = scratch.bytes + scratch.used;
    scratch.used += need;
    return p;
}

static void give_back(void *p)
{
    uintptr_t at = (uintptr_t)p, from = (uintptr_t)scratch.bytes;
    if (at < from || at >= from + SCRATCH_BYTES) free(p);
}

/* Before main: no other thread is inside the parser yet. */
__attribute__((constructor)) static void use_scratch(void) { json_set_alloc_funcs(take, give_back); }

static void scratch_open(void)
{
    if (scratch.in_use) abort(); /* a second tree would overwrite the first */
    scratch.in_use = true;
    scratch.overflowed = false;
    scratch.used = 0;
}

void json_guard_done(json_t *root)
{
    /* Nothing came from malloc: there is nothing to walk for. */
    if (scratch.overflowed) json_decref(root);
    scratch.in_use = false;
}

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
    scratch_open();
    json_t *root = json_loadb(json ? json : "", n, JSON_REJECT_DUPLICATES, &why);
    if (root) return root;
    scratch.in_use = false;
    err_set(e, ERR_DATA, "codec_decode", "$: not JSON: %s (byte %d)", why.text, why.position);
    return NULL;
}
