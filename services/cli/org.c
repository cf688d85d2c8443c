/* redressctl org export | check | import: the organisation as a file people can edit (SL-6, ES-6, DI-1).
 *
 * An import only changes the draft of a pack; it comes into force as the next revision of the policy, and a
 * case stays decided by the organisation as it was. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/cli.h"
#include "cli/org_csv.h"
#include "policy/policy_load.h"

struct options {
    const char *words[2];
    int n_words, max_words;
    const char *table; /* NULL: as JSON */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 't': o->table = arg != NULL ? arg : "units"; return 0;
    case ARGP_KEY_ARG:
        if (o->n_words == o->max_words) return ARGP_ERR_UNKNOWN;
        o->words[o->n_words++] = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- files ---- */

static bool has_suffix(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n > m && strcmp(path + n - m, suffix) == 0;
}

/* The folder with the pack's files: the newest revision of an installation, or the folder itself. */
static bool pack_folder(struct cli *cli, const char *dir, char out[PATH_MAX], struct err *e)
{
    const struct policy *p = NULL;
    if (dir == NULL) dir = config_text(&cli->config, "policy.dir");
    snprintf(out, PATH_MAX, "%s/organisation.json", dir);
    if (access(out, F_OK) == 0) {
        snprintf(out, PATH_MAX, "%s", dir);
        return true;
    }
    if (!policy_load(dir, NULL, &p, e)) return false;
    snprintf(out, PATH_MAX, "%s/%" PRId64, dir, p->revision);
    policy_unload(p);
    return true;
}

static json_t *read_json(const char *path, struct err *e)
{
    json_error_t where;
    json_t *v = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    if (v == NULL) err_set(e, ERR_DATA, "org", "%s: line %d: %s", path, where.line, where.text);
    return v;
}

static json_t *read_pack_organisation(const char *pack, struct err *e)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/organisation.json", pack);
    return read_json(path, e);
}

static bool write_json(const char *path, json_t *v, struct err *e)
{
    char draft[PATH_MAX + 64];
    snprintf(draft, sizeof draft, "%s.new", path);
    bool well = json_dump_file(v, draft, JSON_INDENT(2)) == 0 && rename(draft, path) == 0;
    return well || err_set(e, ERR_IO, "org", "%s: %s", path, strerror(errno));
}

/* ---- whether it can be right ---- */

/* A pack with another organisation, laid out for the loader; gone again with drop_draft. */
struct draft {
    char dir[64], pack[96], organisation[96];
};

static bool lay_draft(struct draft *d, const char *pack, json_t *organisation, struct err *e)
{
    char of[PATH_MAX + 16], real[PATH_MAX];
    snprintf(d->dir, sizeof d->dir, "/tmp/redress-org.XXXXXX");
    if (mkdtemp(d->dir) == NULL) return err_set(e, ERR_IO, "org", "%s: %s", d->dir, strerror(errno));
    snprintf(d->pack, sizeof d->pack, "%s/pack.json", d->dir);
    snprintf(d->organisation, sizeof d->organisation, "%s/organisation.json", d->dir);
    snprintf(of, sizeof of, "%s/pack.json", pack);
    if (realpath(of, real) == NULL || symlink(real, d->pack) != 0)
        return err_set(e, ERR_IO, "org", "%s: %s", of, strerror(errno));
    return write_json(d->organisation, organisation, e);
}

static void drop_draft(const struct draft *d)
{
    unlink(d->pack);
    unlink(d->organisation);
    rmdir(d->dir);
}

static void found(void *user, const char *fault) { json_array_append_new(user, json_string(fault)); }

static const struct pol_unit *next_staffed(const struct policy *p, const struct pol_unit *unit)
{
    const struct pol_unit *up = policy_parent(p, unit);
    while (up != NULL && !policy_is_staffed((struct policy_moment){p, POLICY_LONG_RUN}, up)) up = policy_parent(p, up);
    return up != NULL ? up : policy_head_office(p);
}

/* Whoever is named for it; whether they are there on each of the days is asked of the day. */
static void note_absent(const struct pol_unit *u, json_t *notes)
{
    for (int i = 0; i < u->n_people; i++) {
        const struct pol_person *away = &u->people[i];
        if (away->absent_from == NULL) continue;
        json_array_append_new(notes, json_sprintf("%s: %s is away from %s%s%s, %s acts", u->id, away->id,
                                                  away->absent_from, away->absent_until != NULL ? " to " : "",
                                                  away->absent_until != NULL ? away->absent_until : "",
                                                  away->deputy != NULL ? away->deputy : "nobody"));
    }
}

/* ES-6: no fault, since nothing is lost; but somebody will want to know. */
static void note_unfilled(const struct policy *p, json_t *notes)
{
    const struct policy_moment in_the_long_run = {p, POLICY_LONG_RUN};
    for (int i = 0; i < p->org->n_units; i++) {
        const struct pol_unit *u = &p->org->units[i];
        const enum role needed[] = {policy_approver(p, u->level), ROLE_HANDLER, ROLE_EVIDENCE_VISITOR};
        const char *up = next_staffed(p, u)->id;
        if (!policy_is_staffed(in_the_long_run, u)) {
            json_array_append_new(notes, json_sprintf("%s: %s; its cases go to %s (ES-6)", u->id,
                                                      u->suspended ? "suspended" : "nobody works there", up));
            continue;
        }
        note_absent(u, notes);
        for (size_t r = 0; r < sizeof needed / sizeof needed[0]; r++) {
            if (policy_person_with(in_the_long_run, u, needed[r], 0) != NULL) continue;
            json_array_append_new(notes, json_sprintf("%s: nobody is %s", u->id, role_name(needed[r])));
        }
    }
}

static bool examine(const char *pack, json_t *organisation, json_t *faults, json_t *notes, struct err *e)
{
    struct draft d = {.dir = ""};
    const struct policy *p = NULL;
    struct err unread = ERR_INIT;
    bool well = lay_draft(&d, pack, organisation, e);
    if (well) policy_faults(d.dir, NULL, found, faults);
    if (well && json_array_size(faults) == 0 && policy_load(d.dir, NULL, &p, &unread)) note_unfilled(p, notes);
    if (p != NULL) policy_unload(p);
    drop_draft(&d);
    return well;
}

static int tell(const struct cli *cli, json_t *faults, json_t *notes, json_t *more)
{
    size_t i;
    json_t *line;
    bool valid = json_array_size(faults) == 0;
    if (cli->json) {
        json_t *all = json_pack("{s:b, s:O, s:O}", "valid", valid, "findings", faults, "notes", notes);
        json_object_update(all, more);
        cli_print_json(all);
    } else {
        json_array_foreach(faults, i, line) printf("%s\n", json_string_value(line));
        json_array_foreach(notes, i, line) printf("note: %s\n", json_string_value(line));
        printf(valid ? "the organisation can be right\n" : "%zu findings\n", json_array_size(faults));
    }
    return valid ? CLI_OK : CLI_REFUSED;
}

/* ---- commands ---- */

static int run_export(struct cli *cli, const struct options *o)
{
    struct err e = ERR_INIT;
    char pack[PATH_MAX];
    json_t *organisation = pack_folder(cli, o->words[0], pack, &e) ? read_pack_organisation(pack, &e) : NULL;
    if (organisation == NULL) return cli_fail(cli, &e);
    if (o->table != NULL) {
        if (!org_csv_write(organisation, o->table, stdout)) err_set(&e, ERR_DATA, "org", "no such table: %s", o->table);
    } else {
        json_dumpf(organisation, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(organisation);
    return err_is_set(&e) ? cli_fail(cli, &e) : CLI_OK;
}

/* The pack's organisation with what the file says: a table replaces its own list, a JSON file all of it. It is the
 * pack's next version, whatever the file says. */
static json_t *read_changed(const char *path, const char *pack, struct err *e)
{
    const char *key = NULL;
    bool table = has_suffix(path, ".csv");
    json_t *said = table ? org_csv_read(path, &key, e) : read_json(path, e);
    json_t *now = said != NULL ? read_pack_organisation(pack, e) : NULL;
    if (now == NULL) {
        json_decref(said);
        return NULL;
    }
    json_int_t version = json_integer_value(json_object_get(now, "version"));
    if (table) {
        json_object_set_new(now, key, said);
    } else {
        json_decref(now);
        now = said;
    }
    json_object_set_new(now, "version", json_integer(version + 1));
    return now;
}

static int take(struct cli *cli, const struct options *o, bool keep)
{
    struct err e = ERR_INIT;
    char pack[PATH_MAX], path[PATH_MAX + 32];
    json_t *organisation = NULL, *faults = json_array(), *notes = json_array();
    if (pack_folder(cli, o->words[1], pack, &e)) organisation = read_changed(o->words[0], pack, &e);
    bool well = organisation != NULL && examine(pack, organisation, faults, notes, &e);
    bool written = false;
    if (well && keep && json_array_size(faults) == 0) {
        snprintf(path, sizeof path, "%s/organisation.json", pack);
        well = written = write_json(path, organisation, &e);
    }
    json_t *more = json_pack("{s:b}", "written", written);
    int rc = well ? tell(cli, faults, notes, more) : cli_fail(cli, &e);
    if (written && !cli->json)
        printf("%s is written; with a higher version of the pack, redressctl policy propose makes it a proposal\n",
               path);
    json_decref(more);
    json_decref(faults);
    json_decref(notes);
    json_decref(organisation);
    return rc;
}

static int export_organisation(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"csv", 't', "TABLE", OPTION_ARG_OPTIONAL, "as a table: units (one row a person), departments or suppliers", 0},
        {0}};
    static const struct argp parser = {
        options, parse, "[PACKDIR]", "Print the organisation (default: the one in force).", 0, 0, 0};
    struct options o = {.max_words = 1};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    return run_export(cli, &o);
}

static int check_organisation(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {{0}};
    static const struct argp parser = {
        options, parse, "FILE [PACKDIR]", "Name every fault of an organisation, .json or .csv.", 0, 0, 0};
    struct options o = {.max_words = 2};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    return o.n_words > 0 ? take(cli, &o, false) : cli_usage(cli, "needs a file");
}

static int import_organisation(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {{0}};
    static const struct argp parser = {
        options, parse, "FILE PACKDIR", "Put an organisation, .json or .csv, into the draft of a pack.", 0, 0, 0};
    struct options o = {.max_words = 2};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    return o.n_words == 2 ? take(cli, &o, true) : cli_usage(cli, "needs a file and the folder of a pack");
}

const struct cli_command cli_org_commands[] = {
    {"org export", export_organisation, "print the organisation, as JSON or as a table"},
    {"org check", check_organisation, "name every fault of an organisation"},
    {"org import", import_organisation, "put an organisation into the draft of a pack"},
    {0}};
