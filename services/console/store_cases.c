/* Statements of the read model: the timeline and the cases themselves (store_rows.h). */
#include "console/store_rows.h"

/* ---- timeline ---- */

static void write_entries(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] =
        "INSERT INTO console.entry (case_id, at_ms, type, id, cause, actor, actor_role, data) SELECT"
        " a, b, c, d, e, f, g, h FROM unnest($1::int8[], $2::int8[], $3::text[], $4::text[],"
        " $5::text[], $6::text[], $7::text[], $8::text[]) AS x (a, b, c, d, e, f, g, h)";
    struct columns c = columns_of(tx, &f->entries, sizeof(struct fold_entry));
    columns_ints(&c, offsetof(struct fold_entry, case_id));
    columns_ints(&c, offsetof(struct fold_entry, at_ms));
    columns_texts(&c, offsetof(struct fold_entry, type));
    columns_texts(&c, offsetof(struct fold_entry, id));
    columns_texts(&c, offsetof(struct fold_entry, cause));
    columns_texts(&c, offsetof(struct fold_entry, actor));
    columns_texts(&c, offsetof(struct fold_entry, actor_role));
    columns_texts(&c, offsetof(struct fold_entry, data));
    pg_tx_add(tx, sql, &c.args);
}

/* ---- cases ---- */

static void write_views(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] =
        "INSERT INTO console.case_view AS v (case_id, updated_ms, intake, dispatch, evidence, approval,"
        " payment, escalation, planned_minor, paid_minor, opened_ms, closed_ms, outcome, missed, slips,"
        " takeovers) SELECT a, b, c, d, e, f, g, h, console.known(i), nullif(j, 0), coalesce(console.known(k), 0),"
        " console.known(l), m, n, o, p FROM unnest($1::int8[], $2::int8[], $3::text[], $4::text[],"
        " $5::text[], $6::text[], $7::text[], $8::text[], $9::int8[], $10::int8[], $11::int8[],"
        " $12::int8[], $13::text[], $14::int8[], $15::int8[], $16::int8[]) AS x (a, b, c, d, e, f, g, h,"
        " i, j, k, l, m, n, o, p) ON CONFLICT (case_id) DO UPDATE SET updated_ms = greatest(v.updated_ms,"
        " excluded.updated_ms), intake = coalesce(excluded.intake, v.intake), dispatch ="
        " coalesce(excluded.dispatch, v.dispatch), evidence = coalesce(excluded.evidence, v.evidence),"
        " approval = coalesce(excluded.approval, v.approval), payment = coalesce(excluded.payment,"
        " v.payment), escalation = coalesce(excluded.escalation, v.escalation), planned_minor ="
        " coalesce(excluded.planned_minor, v.planned_minor), paid_minor = CASE WHEN excluded.paid_minor"
        " IS NULL THEN v.paid_minor ELSE coalesce(v.paid_minor, 0) + excluded.paid_minor END, opened_ms ="
        " greatest(excluded.opened_ms, v.opened_ms), closed_ms = coalesce(excluded.closed_ms,"
        " v.closed_ms), outcome = coalesce(excluded.outcome, v.outcome), missed = v.missed +"
        " excluded.missed, slips = v.slips + excluded.slips, takeovers = v.takeovers + excluded.takeovers";
    struct columns c = columns_of(tx, &f->views, sizeof(struct fold_view));
    columns_ints(&c, offsetof(struct fold_view, case_id));
    columns_ints(&c, offsetof(struct fold_view, updated_ms));
    for (size_t s = 0; s < FOLD_SERVICES; s++)
        columns_texts(&c, offsetof(struct fold_view, status) + s * sizeof(const char *));
    columns_ints(&c, offsetof(struct fold_view, planned_minor));
    columns_ints(&c, offsetof(struct fold_view, paid_minor));
    columns_ints(&c, offsetof(struct fold_view, opened_ms));
    columns_ints(&c, offsetof(struct fold_view, closed_ms));
    columns_texts(&c, offsetof(struct fold_view, outcome));
    columns_ints(&c, offsetof(struct fold_view, missed));
    columns_ints(&c, offsetof(struct fold_view, slips));
    columns_ints(&c, offsetof(struct fold_view, takeovers));
    pg_tx_add(tx, sql, &c.args);
}

/* A reopened case has no outcome and no closing time until it is closed again. */
static void write_reopened(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] = "UPDATE console.case_view SET outcome = NULL, closed_ms = NULL WHERE case_id = ANY($1)";
    const struct fold_view *rows = f->views.rows;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, f->views.n);
    struct pg_args args = PG_ARGS(tx->arena);
    int n = 0;
    for (int i = 0; i < f->views.n; i++)
        if (rows[i].reopened) ids[n++] = rows[i].case_id;
    pg_arg_ints(&args, ids, n);
    if (n > 0) pg_tx_add(tx, sql, &args);
}

/* Briefs are behind a pointer, so the columns are made from a flat copy. */
struct facts_row {
    int64_t case_id, claimed_minor, received_ms, history;
    const char *case_no, *channel, *kind, *category, *phase, *severity, *customer, *phone, *contract_no, *external_ref,
        *region, *currency;
};

static struct fold_list flat_facts(struct arena *a, const struct fold_list *facts)
{
    const struct fold_facts *from = facts->rows;
    struct facts_row *rows = ARENA_ARRAY(a, struct facts_row, facts->n);
    for (int i = 0; i < facts->n; i++) {
        const struct brief *b = from[i].brief;
        rows[i] = (struct facts_row){.case_id = from[i].case_id,
                                     .claimed_minor = b->has_claimed_minor ? b->claimed_minor : FOLD_NONE,
                                     .received_ms = b->received_ms,
                                     .history = b->history,
                                     .case_no = b->case_no,
                                     .channel = b->channel,
                                     .kind = kind_name(b->kind),
                                     .category = category_name(b->category),
                                     .phase = phase_name(b->phase),
                                     .severity = severity_name(b->severity),
                                     .customer = b->customer->name,
                                     .phone = b->customer->phone,
                                     .contract_no = b->contract_no,
                                     .external_ref = from[i].external_ref,
                                     .region = b->region,
                                     .currency = b->currency};
    }
    return (struct fold_list){.rows = rows, .n = facts->n};
}

static void write_facts(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] =
        "INSERT INTO console.case_facts AS v (case_id, claimed_minor, received_ms, history, case_no,"
        " channel, kind, category, phase, severity, customer, phone, contract_no, external_ref, region,"
        " currency) SELECT a, console.known(b), c, d <> 0, e, f, g, h, i, j, k, l, m, n, o, p FROM"
        " unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::text[], $7::text[],"
        " $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],"
        " $15::text[], $16::text[]) AS x (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) ON CONFLICT"
        " (case_id) DO UPDATE SET claimed_minor = excluded.claimed_minor, kind = excluded.kind, category"
        " = excluded.category, phase = excluded.phase, severity = excluded.severity, customer ="
        " excluded.customer, phone = excluded.phone, contract_no = excluded.contract_no, region ="
        " excluded.region, currency = excluded.currency, external_ref = coalesce(excluded.external_ref,"
        " v.external_ref)";
    static const size_t members[] = {offsetof(struct facts_row, case_no),     offsetof(struct facts_row, channel),
                                     offsetof(struct facts_row, kind),        offsetof(struct facts_row, category),
                                     offsetof(struct facts_row, phase),       offsetof(struct facts_row, severity),
                                     offsetof(struct facts_row, customer),    offsetof(struct facts_row, phone),
                                     offsetof(struct facts_row, contract_no), offsetof(struct facts_row, external_ref),
                                     offsetof(struct facts_row, region),      offsetof(struct facts_row, currency)};
    struct fold_list flat = flat_facts(tx->arena, &f->facts);
    struct columns c = columns_of(tx, &flat, sizeof(struct facts_row));
    columns_ints(&c, offsetof(struct facts_row, case_id));
    columns_ints(&c, offsetof(struct facts_row, claimed_minor));
    columns_ints(&c, offsetof(struct facts_row, received_ms));
    columns_ints(&c, offsetof(struct facts_row, history));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) columns_texts(&c, members[i]);
    pg_tx_add(tx, sql, &c.args);
}

struct assignment_row {
    int64_t case_id, version;
    const char *org_id, *org_name, *level, *regional_id, *handler_id, *handler_name, *manager_id, *visitor_id;
};

static void write_assignments(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] =
        "INSERT INTO console.case_assignment AS v (case_id, version, org_id, org_name, level,"
        " regional_id, handler_id, handler_name, manager_id, visitor_id) SELECT * FROM unnest($1::int8[],"
        " $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],"
        " $10::text[]) ON CONFLICT (case_id) DO UPDATE SET version = excluded.version, org_id ="
        " excluded.org_id, org_name = excluded.org_name, level = excluded.level, regional_id ="
        " excluded.regional_id, handler_id = excluded.handler_id, handler_name = excluded.handler_name,"
        " manager_id = excluded.manager_id, visitor_id = excluded.visitor_id WHERE excluded.version >="
        " v.version";
    const struct fold_assignment *from = f->assignments.rows;
    struct assignment_row *rows = ARENA_ARRAY(tx->arena, struct assignment_row, f->assignments.n);
    for (int i = 0; i < f->assignments.n; i++) {
        const struct assignment *x = from[i].assignment;
        rows[i] = (struct assignment_row){
            from[i].case_id, x->version,    x->org_id,       x->org_name,   org_level_name(x->level),
            x->regional_id,  x->handler_id, x->handler_name, x->manager_id, x->visitor_id};
    }
    struct fold_list flat = {.rows = rows, .n = f->assignments.n};
    struct columns c = columns_of(tx, &flat, sizeof(*rows));
    columns_ints(&c, offsetof(struct assignment_row, case_id));
    columns_ints(&c, offsetof(struct assignment_row, version));
    for (size_t at = offsetof(struct assignment_row, org_id); at < sizeof(*rows); at += sizeof(const char *))
        columns_texts(&c, at);
    pg_tx_add(tx, sql, &c.args);
}

void store_cases(struct pg_tx *tx, const struct fold *f)
{
    if (f->entries.n > 0) write_entries(tx, f);
    if (f->views.n > 0) write_views(tx, f);
    if (f->views.n > 0) write_reopened(tx, f);
    if (f->facts.n > 0) write_facts(tx, f);
    if (f->assignments.n > 0) write_assignments(tx, f);
}
