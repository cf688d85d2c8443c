/* What the walker does to hold a case up: the customer is asked for material (IN-6), a third party inspects (EV-7). */
#include "walker.h"

#define NEW(k, type) ((type *)arena_alloc(&(k)->w->arena, sizeof(type)))

static const struct actor *handler(struct walker *k, const struct assignment *at)
{
    struct actor *a = NEW(k, struct actor);
    *a = (struct actor){.id = at->handler_id, .role = ROLE_HANDLER, .org_id = at->org_id};
    return a;
}

static void ask_for_material(struct walker *k, int64_t case_id, const struct assignment *at)
{
    static const char *const wanted[] = {"account", "attachments", "proof of delivery"};
    struct ev_command_request_material *c = NEW(k, struct ev_command_request_material);
    *c = (struct ev_command_request_material){
        .actor = handler(k, at), .n_materials = 1, .materials = &wanted[walker_draw(k, 3)]};
    world_command(k->w, EV_COMMAND_REQUEST_MATERIAL, c, case_id);
}

static void order_inspection(struct walker *k, int64_t case_id, const struct assignment *at)
{
    struct ev_command_order_inspection *c = NEW(k, struct ev_command_order_inspection);
    *c = (struct ev_command_order_inspection){.actor = handler(k, at), .inspector = "CTI"};
    world_command(k->w, EV_COMMAND_ORDER_INSPECTION, c, case_id);
}

static void end_inspection(struct walker *k, int64_t case_id, const struct assignment *at)
{
    static const struct document report = {
        .title = "report", .sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"};
    struct ev_command_end_inspection *c = NEW(k, struct ev_command_end_inspection);
    *c = (struct ev_command_end_inspection){
        .actor = handler(k, at), .report = (enum liability)walker_draw(k, 4), .document = &report};
    world_command(k->w, EV_COMMAND_END_INSPECTION, c, case_id);
}

void walker_hold(struct walker *k, int64_t case_id, const struct evidence_state *st)
{
    if (st->assignment == NULL) return;
    if (walker_draw(k, 2) == 0)
        ask_for_material(k, case_id, st->assignment);
    else if (st->inspector == NULL)
        order_inspection(k, case_id, st->assignment);
    else
        end_inspection(k, case_id, st->assignment);
}
