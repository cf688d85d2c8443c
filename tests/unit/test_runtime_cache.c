/* The state cache: deep copies, sessions, its bound. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "event/events.h"
#include "runtime/cache.h"

static struct intake_state state_of(struct brief *brief, char *name)
{
    static struct customer customer;
    static const char *missing[2];
    customer = (struct customer){.name = name};
    missing[0] = name;
    missing[1] = "photo";
    *brief = (struct brief){.case_no = name, .customer = &customer, .channel = "web"};
    return (struct intake_state){.status = INTAKE_STATUS_OPEN, .brief = brief, .n_missing = 2, .missing = missing};
}

Test(cache, what_comes_back_is_equal_and_owned)
{
    struct cache *c = cache_new(&intake_state_desc, 1 << 20);
    char name[16] = "RF2026";
    struct brief brief;
    struct intake_state s = state_of(&brief, name);
    cache_put(c, 7, 1, 3, &s);
    snprintf(name, sizeof name, "gone"); /* the original's text changes, the copy's does not */

    char again[16] = "RF2026";
    struct brief other;
    struct intake_state expected = state_of(&other, again);
    int64_t rev = 0;
    const struct intake_state *got = cache_get(c, 7, 1, &rev);
    cr_assert_not_null(got);
    cr_assert_eq(rev, 3);
    cr_assert(desc_equal(&intake_state_desc, got, &expected));
    cr_assert_str_eq(got->missing[0], "RF2026");
    cr_assert_neq(got->brief, &brief);

    cache_put(c, 7, 1, 4, got); /* from itself */
    got = cache_get(c, 7, 1, &rev);
    cr_assert_eq(rev, 4);
    cr_assert_str_eq(got->brief->customer->name, "RF2026");
    cache_free(c);
}

Test(cache, another_session_s_state_is_void)
{
    struct cache *c = cache_new(&intake_state_desc, 1 << 20);
    struct intake_state s = {.status = INTAKE_STATUS_OPEN};
    int64_t rev;
    cache_put(c, 7, 1, 1, &s);
    cr_assert_null(cache_get(c, 7, 2, &rev));
    cr_assert_null(cache_get(c, 8, 1, &rev));
    cache_put(c, 7, 2, 5, &s);
    cr_assert_not_null(cache_get(c, 7, 2, &rev));
    cr_assert_null(cache_get(c, 7, 1, &rev));
    cache_free(c);
}

Test(cache, bounded_by_bytes_the_oldest_go)
{
    struct cache *c = cache_new(&intake_state_desc, 100 * 1024);
    struct intake_state s = {.status = INTAKE_STATUS_OPEN};
    int64_t rev;
    for (int64_t id = 1; id <= 5000; id++) {
        cache_put(c, id, 1, 1, &s);
        cache_trim(c);
        cr_assert_not_null(cache_get(c, 1, 1, &rev), "used all the time, so it stays (%ld)", (long)id);
    }
    int kept = 0;
    for (int64_t id = 1; id <= 5000; id++) kept += cache_get(c, id, 1, &rev) != NULL;
    cr_assert_gt(kept, 50);
    cr_assert_lt(kept, 1000);
    cr_assert_not_null(cache_get(c, 5000, 1, &rev));
    cr_assert_null(cache_get(c, 2, 1, &rev));
    cache_free(c);
}
