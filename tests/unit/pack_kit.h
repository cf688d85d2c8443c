/* The shipped pack as text, with one place of it changed; and that such a pack is refused, with its place (SL-8). */
#ifndef TESTS_UNIT_PACK_KIT_H
#define TESTS_UNIT_PACK_KIT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_load.h"

#define PACK_DIR REDRESS_SOURCE_DIR "/schemas/policy/renovation-franchise"

/* A file's text, to be freed. */
static inline char *pack_read(const char *path)
{
    FILE *f = fopen(path, "re");
    cr_assert(f != NULL, "%s", path);
    char *text = calloc(1, 1 << 20);
    cr_assert_gt(fread(text, 1, (1 << 20) - 1, f), 0);
    fclose(f);
    return text;
}

/* `text` with the first `from` after `anchor` replaced; to be freed. */
static inline char *pack_replaced_after(const char *text, const char *anchor, const char *from, const char *to)
{
    const char *near = strstr(text, anchor);
    cr_assert(near != NULL, "the pack no longer holds: %s", anchor);
    const char *at = strstr(near, from);
    cr_assert(at != NULL, "the pack no longer holds: %s", from);
    char *out = NULL;
    cr_assert(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) >= 0);
    return out;
}

static inline char *pack_replaced(const char *text, const char *from, const char *to)
{
    return pack_replaced_after(text, "", from, to);
}

static inline void pack_expect_refused(const char *pack, const char *organisation, const char *message)
{
    struct err e = ERR_INIT;
    const struct policy *q = NULL;
    cr_expect_not(policy_parse(pack, organisation, &q, &e), "accepted, instead of: %s", message);
    cr_expect_eq(e.code, ERR_DATA);
    cr_expect(strstr(e.message, message) != NULL, "\"%s\" does not say \"%s\"", e.message, message);
}

#endif
