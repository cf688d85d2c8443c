/* redressctl policy history (SL-8): how each revision of the installation's policy came, and what is proposed. */
#include "cli/policy_change.h"
#include "cli/policy_proposal.h"

static void add_text(json_t *row, const char *key, const char *text)
{
    if (text != NULL) json_object_set_new(row, key, json_string(text));
}

static void add_person(json_t *row, const char *key, const struct actor *who)
{
    char text[160];
    if (who == NULL) return;
    snprintf(text, sizeof text, "%s:%s", role_name(who->role), who->id);
    json_object_set_new(row, key, json_string(text));
}

static void add_number(json_t *row, const char *key, bool is, int64_t value)
{
    if (is) json_object_set_new(row, key, json_integer(value));
}

static bool add_revision(struct policy_change *c, int64_t n, json_t *rows, struct err *e)
{
    const struct pol_applied *a;
    if (!proposal_applied(c->root, n, &c->arena, &a, e)) return false;
    const struct policy *p = policy_revision(c->now, n);
    json_t *row =
        json_pack("{s:I, s:I, s:s, s:s, s:s}", "revision", (json_int_t)n, "version", (json_int_t)p->pack->version,
                  "effective_from", p->pack->effective_from, "state", n == c->now->revision ? "in_force" : "replaced",
                  "open_deadlines", p->moves ? "move" : "pin");
    add_number(row, "applied_ms", a->has_applied_ms, a->applied_ms);
    add_number(row, "proposal", a->has_proposal, a->proposal);
    add_number(row, "proposed_ms", a->has_proposed_ms, a->proposed_ms);
    add_person(row, "proposed_by", a->proposed_by);
    add_text(row, "reason", a->reason);
    add_number(row, "approved_ms", a->has_approved_ms, a->approved_ms);
    add_person(row, "approved_by", a->approved_by);
    json_array_append_new(rows, row);
    return true;
}

static const char *state_of(const struct policy_change *c, const struct proposal *p)
{
    if (p->verdict != NULL && !p->verdict->approved) return "denied";
    if (p->head->revision <= c->now->revision) return "outdated";
    return p->verdict != NULL ? "approved" : "proposed";
}

static bool is_applied(json_t *rows, int64_t number)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (json_integer_value(json_object_get(row, "proposal")) == number) return true;
    }
    return false;
}

static void add_proposal(const struct policy_change *c, const struct proposal *p, json_t *rows)
{
    json_t *row =
        json_pack("{s:I, s:s, s:s, s:I, s:s}", "proposal", (json_int_t)p->head->proposal, "state", state_of(c, p),
                  "open_deadlines", p->head->open_deadlines == OPEN_DEADLINES_PIN ? "pin" : "move", "proposed_ms",
                  (json_int_t)p->head->at_ms, "reason", p->head->reason);
    add_person(row, "proposed_by", p->head->by);
    if (p->verdict != NULL) {
        bool approved = p->verdict->approved;
        add_number(row, approved ? "approved_ms" : "denied_ms", true, p->verdict->at_ms);
        add_person(row, approved ? "approved_by" : "denied_by", p->verdict->by);
        add_text(row, "denied_because", approved ? NULL : p->verdict->reason);
    }
    json_array_append_new(rows, row);
}

static bool gather(struct policy_change *c, json_t *rows, struct err *e)
{
    struct proposal p = {0};
    bool well = true;
    for (int64_t n = 1; well && n <= c->now->revision; n++) well = add_revision(c, n, rows, e);
    for (int64_t n = 1; well; n++) {
        well = proposal_read(c->root, n, &c->arena, &p, e);
        if (p.head == NULL) break;
        if (well && !is_applied(rows, n)) add_proposal(c, &p, rows);
    }
    return well;
}

int policy_history(struct cli *cli, int argc, char **argv)
{
    static const struct cli_column columns[] = {
        {"revision", "REVISION"},       {"proposal", "PROPOSAL"},       {"state", "STATE"},
        {"version", "VERSION"},         {"applied_ms", "IN FORCE"},     {"open_deadlines", "OPEN"},
        {"proposed_by", "PROPOSED BY"}, {"approved_by", "APPROVED BY"}, {"reason", "REASON"}};
    struct err e = ERR_INIT;
    struct policy_change c;
    json_t *rows = json_array();
    cli_word(argc, argv, "", "Say how each revision of the policy came, and what is proposed.");
    bool well = change_open(cli, &c, &e) && gather(&c, rows, &e);
    if (!well)
        cli_fail(cli, &e);
    else if (cli->json)
        cli_print_json(json_incref(rows));
    else
        cli_print_table(rows, columns, sizeof columns / sizeof columns[0]);
    json_decref(rows);
    change_close(&c);
    return well ? CLI_OK : CLI_FAILED;
}
