/* redressctl decide CASE DECISION: every human decision, by its command's schema.
 *
 * A decision's fields come as words field=value, nested ones with dots (plan.amount_minor=30000); a value that
 * begins with [ or { is JSON. The types come from the command's descriptor, so a new command needs no code here. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/console.h"
#include "event/events.h"

struct decision_name {
    const char *word;    /* as people say it */
    const char *command; /* command.<command> */
    const char *preset;  /* a field that the word itself answers, or NULL */
};

static const struct decision_name names[] = {{"evidence", "submit_evidence", NULL},
                                             {"file", "hand_over_file", NULL},
                                             {"plan", "propose", NULL},
                                             {"satisfied", "satisfaction", "answer=satisfied"},
                                             {"fairly-satisfied", "satisfaction", "answer=fairly"},
                                             {"not-satisfied", "satisfaction", "answer=not_satisfied"},
                                             {0}};

struct decide {
    const char *actor; /* ROLE:ID[@UNIT] */
    const char *json;  /* whole body instead of words */
    const char *key;   /* idempotency key */
    const char *words[32];
    int n_words;
};

static bool set_typed(json_t *into, const struct field_desc *f, const char *text, const char *word, struct err *e)
{
    json_t *value = NULL;
    int64_t number;
    if (f->array || f->kind == FIELD_OBJECT) {
        value = json_loads(text, 0, NULL);
        if (value == NULL && f->array && f->kind == FIELD_STRING) value = json_pack("[s]", text);
    } else if (f->kind == FIELD_INT) {
        if (number_parse(text, &number)) value = json_integer(number);
    } else if (f->kind == FIELD_BOOL) {
        if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) value = json_boolean(*text == 't');
    } else {
        value = json_string(text);
    }
    if (value == NULL) return err_set(e, ERR_DATA, "decide", "'%s' does not hold a value of its field's type", word);
    return json_object_set_new(into, f->name, value) == 0;
}

/* "plan.amount_minor=30000" into the body, making the objects on the way. */
static bool set_word(json_t *body, const struct type_desc *d, const char *word, struct err *e)
{
    const char *equals = strchr(word, '='), *name = word;
    if (equals == NULL) return err_set(e, ERR_DATA, "decide", "'%s' is not field=value", word);
    for (;;) {
        char part[64];
        size_t n = strcspn(name, ".=");
        snprintf(part, sizeof part, "%.*s", (int)n, name);
        const struct field_desc *f = desc_field(d, part);
        if (f == NULL) return err_set(e, ERR_DATA, "decide", "'%s': no field '%s' in %s", word, part, d->name);
        if (name + n == equals) return set_typed(body, f, equals + 1, word, e);
        if (f->kind != FIELD_OBJECT || f->array)
            return err_set(e, ERR_DATA, "decide", "'%s': '%s' has no fields of its own", word, part);
        json_t *inner = json_object_get(body, part);
        if (inner == NULL) {
            inner = json_object();
            json_object_set_new(body, part, inner);
        }
        body = inner;
        d = f->type;
        name += n + 1;
    }
}

static json_t *body_of(const struct decide *d, const struct decision_name *name, const struct type_desc *desc,
                       struct err *e)
{
    json_error_t where;
    json_t *body = d->json == NULL ? json_object() : json_loads(d->json, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(body)) {
        err_set(e, ERR_DATA, "decide", "--data is not a JSON object: %s", where.text);
        return body;
    }
    if (d->actor != NULL) {
        json_t *actor = console_actor(d->actor);
        if (actor == NULL)
            err_set(e, ERR_DATA, "decide", "--as '%s' is not ROLE:ID[@UNIT]", d->actor);
        else
            json_object_set_new(body, "actor", actor);
    }
    if (name->preset != NULL) set_word(body, desc, name->preset, e);
    for (int i = 0; i < d->n_words && !err_is_set(e); i++) set_word(body, desc, d->words[i], e);
    return body;
}

static const struct decision_name *decision_named(const char *word, struct decision_name *own)
{
    for (const struct decision_name *n = names; n->word != NULL; n++)
        if (strcmp(n->word, word) == 0) return n;
    *own = (struct decision_name){word, word, NULL};
    return own;
}

static int answer(struct cli *cli, const struct console_answer *a)
{
    if (a->status >= 400) return console_problem(cli, a);
    int rc = a->status == 202 ? CLI_PENDING : CLI_OK;
    if (cli->json) {
        cli_print_json(json_incref(a->body));
        return rc;
    }
    if (rc == CLI_PENDING)
        printf("kept, not answered yet; ask again: redressctl --json decide … with the same --key\n");
    static const struct cli_column columns[] = {{"at_ms", "WHEN"}, {"type", "WHAT"}, {"id", "EVENT"}};
    json_t *events = json_object_get(a->body, "events");
    if (events != NULL) cli_print_table(events, columns, 3);
    return rc;
}

static int send_decision(struct cli *cli, const struct decide *d)
{
    struct decision_name own;
    struct err e = ERR_INIT;
    const struct decision_name *name = decision_named(d->words[1], &own);
    char type[96];
    enum event_type event;
    snprintf(type, sizeof type, "redress.command.%s.v1", name->command);
    if (!event_parse_type(type, &event)) return cli_usage(cli, "no decision is called '%s'", d->words[1]);
    struct decide fields = *d;
    fields.n_words -= 2;
    memmove(fields.words, d->words + 2, sizeof(char *) * (size_t)fields.n_words);
    json_t *body = body_of(&fields, name, event_desc(event), &e);
    char *text = err_is_set(&e) ? NULL : json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (text == NULL) {
        fprintf(stderr, "%s: %s\n", cli->program, e.message);
        return CLI_USAGE;
    }
    struct buf path = BUF_INIT;
    struct console_answer a;
    buf_printf(&path, "/v1/cases/%s/commands/%s", d->words[0], name->command);
    struct console_request request = {.method = "POST", .path = path.bytes, .body = text, .idempotency_key = d->key};
    int rc = console_call(cli, &request, &a, &e) ? answer(cli, &a) : cli_fail(cli, &e);
    console_answer_deinit(&a);
    buf_deinit(&path);
    free(text);
    return rc;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct decide *d = state->input;
    switch (key) {
    case 'a': d->actor = arg; return 0;
    case 'd': d->json = arg; return 0;
    case 'k': d->key = arg; return 0;
    case ARGP_KEY_ARG:
        if (d->n_words == (int)(sizeof d->words / sizeof *d->words)) return ARGP_ERR_UNKNOWN;
        d->words[d->n_words++] = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int decide(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"as", 'a', "ROLE:ID[@UNIT]", 0, "who decides, in which role, at which unit", 0},
        {"data", 'd', "JSON", 0, "the decision's fields as one JSON object", 0},
        {"key", 'k', "KEY", 0, "idempotency key: the same key takes effect once", 0},
        {0}};
    static const struct argp parser = {
        options,
        parse,
        "CASE DECISION [FIELD=VALUE…]",
        "Record a decision and wait for its answer.\vDECISION: evidence, conclude, file, plan, approve, deny, accept, "
        "object, "
        "execute, satisfied, fairly-satisfied, not-satisfied, contact, review, supplement, classify, withdraw, "
        "assign_handler, retry_payout, decide_payee, release_payout, resolve_payout, confirm_resolution, sign_cash. "
        "Fields: docs/EVENTS.md.\n"
        "Example: redressctl decide RF2026-03-000041 approve --as outlet_manager:O-E1-M@O-E1",
        0,
        0,
        0};
    struct decide d = {0};
    if (argp_parse(&parser, argc, argv, 0, NULL, &d) != 0) return CLI_USAGE;
    if (d.n_words < 2) return cli_usage(cli, "needs CASE and DECISION");
    return send_decision(cli, &d);
}

const struct cli_command cli_decide_commands[] = {{"decide", decide, "a person's decision on a case"}, {0}};
