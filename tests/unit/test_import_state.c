/* CH-2: what a killed import remembers is what was acknowledged or refused, and the report says the same. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/import_state.h"

struct folder {
    char path[64];
    struct import_place place;
};

static void setup(struct folder *f)
{
    snprintf(f->path, sizeof f->path, "/tmp/redress-import-XXXXXX");
    cr_assert_not_null(mkdtemp(f->path));
    f->place = (struct import_place){.directory = f->path, .key = "shop-file-mapping-now"};
}

static struct import_state open_state(const struct folder *f)
{
    struct import_state s;
    struct err e = ERR_INIT;
    cr_assert(import_state_open(&s, &f->place, &e), "%s", e.message);
    return s;
}

static void refuse(struct import_state *s, int64_t row)
{
    struct err e = ERR_INIT;
    cr_assert(import_state_refuse(s, row, "Amount", "not an amount", &e), "%s", e.message);
}

static void save(struct import_state *s, int64_t rows, int64_t accepted)
{
    struct err e = ERR_INIT;
    s->counts.rows = rows;
    s->counts.accepted = accepted;
    cr_assert(import_state_save(s, &e), "%s", e.message);
}

static void teardown(struct folder *f, struct import_state *s)
{
    import_state_close(s);
    unlink(s->report);
    unlink(s->path);
    char command[100];
    snprintf(command, sizeof command, "rm -f %s/*.lock", f->path);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(rmdir(f->path), 0);
}

/* Three rows, the second refused, are saved; the fourth is refused and not saved any more. */
static struct import_state killed(const struct folder *f)
{
    struct import_state s = open_state(f);
    refuse(&s, 2);
    save(&s, 3, 2);
    refuse(&s, 4);
    import_state_close(&s);
    return open_state(f);
}

Test(import_state, CH_2_a_killed_import_goes_on_behind_what_it_saved)
{
    struct folder f;
    char report[200] = "";
    setup(&f);
    struct import_state s = killed(&f);
    cr_assert_eq(s.counts.rows, 3);
    cr_assert_eq(s.counts.accepted, 2);
    cr_assert_eq(s.counts.refused, 1);
    save(&s, 3, 2);
    FILE *file = fopen(s.report, "r");
    cr_assert_gt(fread(report, 1, sizeof report - 1, file), 0);
    fclose(file);
    cr_assert_str_eq(report, "row,column,reason\n2,\"Amount\",\"not an amount\"\n");
    teardown(&f, &s);
}

Test(import_state, CH_2_another_mapping_mode_or_file_begins_at_the_first_row)
{
    struct folder f;
    setup(&f);
    struct import_state s = killed(&f);
    f.place.key = "shop-file-mended-now";
    struct import_state other = open_state(&f);
    cr_assert_eq(other.counts.rows, 0);
    import_state_close(&other);
    unlink(other.report);
    teardown(&f, &s);
}

Test(import_state, CH_2_asked_to_or_without_its_report_an_import_begins_again)
{
    struct folder f;
    setup(&f);
    struct import_state s = killed(&f);
    import_state_close(&s);
    f.place.again = true;
    s = open_state(&f);
    cr_assert_eq(s.counts.rows, 0);
    import_state_close(&s);
    f.place.again = false;
    s = killed(&f);
    import_state_close(&s);
    unlink(s.report);
    s = open_state(&f);
    cr_assert_eq(s.counts.rows, 0);
    cr_assert_eq(s.counts.refused, 0);
    teardown(&f, &s);
}

Test(import_state, CH_2_the_same_import_twice_at_once_is_refused)
{
    struct folder f;
    setup(&f);
    struct import_state s = killed(&f), second;
    struct err e = ERR_INIT;
    cr_assert_not(import_state_open(&second, &f.place, &e));
    cr_assert_not_null(strstr(e.message, "another process is importing this file"));
    import_state_close(&second);
    cr_assert_eq(s.counts.rows, 3);
    teardown(&f, &s);
}
