/* Histories of arriving, registering, being assigned and visited (IN, CH, DI, EV). */
#include <criterion/criterion.h>
#include <string.h>

#include "event/identity.h"
#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end);

/* IN-1 IN-2 IN-3 IN-7 DI-1 DI-3: registered, numbered, assigned, acknowledged in one go. */
Test(story, IN_1_a_claim_is_registered_numbered_and_has_a_named_handler)
{
    int64_t id = customer_claims(120000), parsed;
    const struct ev_intake_registered *r = last(EV_INTAKE_REGISTERED);
    const struct ev_intake_acknowledged *ack = last(EV_INTAKE_ACKNOWLEDGED);
    cr_assert_str_eq(r->brief->case_no, "RF2026-03-000001");
    cr_assert(case_no_parse(r->brief->case_no, &parsed) && parsed == id, "IN-2");
    cr_assert_eq(r->brief->kind, KIND_CLAIM);
    cr_assert_str_eq(ack->case_no, r->brief->case_no);
    cr_assert_str_eq(ack->handler_id, owner()->handler_id);
    cr_assert_gt(ack->expected_reply_ms, story_world->now_ms);
    expect_owner("O-CN1");
    expect_status(INTAKE, "open");
    expect_sound();
}

/* IN-3: who asks for money has a claim, whatever the channel called it; who asks for none a complaint. */
Test(story, IN_3_money_makes_a_claim)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_COMPLAINT;
    f->has_claimed_minor = true;
    f->claimed_minor = 100;
    arrives("/channels/web", f);
    cr_assert_eq(((const struct ev_intake_registered *)last(EV_INTAKE_REGISTERED))->brief->kind, KIND_CLAIM);
}

/* IN-5: somebody who still owes the renovation fee is under construction. */
Test(story, IN_5_phase_follows_the_fee_still_owed)
{
    struct ev_inbound_complaint *f = form();
    f->phase = PHASE_ABSENT;
    f->has_fee_due_minor = true;
    f->fee_due_minor = 100000;
    arrives("/channels/web", f);
    cr_assert_eq(((const struct ev_intake_registered *)last(EV_INTAKE_REGISTERED))->brief->phase, PHASE_CONSTRUCTION);
}

/* IN-4: a corrected category reaches evidence and approval, and asks for another package. */
Test(story, IN_4_a_corrected_category_changes_what_the_package_needs)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    struct visit_record r = full_record();
    r.device = NULL;
    r.courtesy_checklist = false;
    visitor_submits(&r, NULL, NULL);
    expect_status(EVIDENCE, "incomplete");
    handler_classifies(KIND_ABSENT, CATEGORY_MATERIAL);
    expect_status(EVIDENCE, "investigating");
    expect_event(EV_EVIDENCE_BRIEF_CORRECTED);
    expect_event(EV_APPROVAL_BRIEF_CORRECTED);
    handler_classifies(KIND_ABSENT, CATEGORY_MATERIAL);
    expect_refused("IN-4", "nothing_to_correct");
    expect_sound();
}

/* IN-6: what is missing is asked for; supplied, the case is open again. */
Test(story, IN_6_missing_material_is_asked_for_and_supplied)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    arrives("/channels/web", f);
    expect_status(INTAKE, "awaiting_material");
    const struct ev_intake_materials_requested *ask = last(EV_INTAKE_MATERIALS_REQUESTED);
    cr_assert_eq(ask->n_missing, 1);
    cr_assert_str_eq(ask->missing[0], "claimed_amount");
    cr_assert(ask->has_reply_by_ms);
    customer_supplies("attachments");
    expect_refused("IN-6", "not_asked_for");
    customer_supplies("claimed_amount");
    expect_status(INTAKE, "open");
    cr_assert_eq(((const struct ev_intake_materials_completed *)last(EV_INTAKE_MATERIALS_COMPLETED))->materials,
                 MATERIALS_SUPPLIED);
    expect_sound();
}

/* IN-6: a second message of the same matter may bring it, amount and all. */
Test(story, IN_6_a_second_message_brings_the_amount)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    arrives("/channels/web", f);
    customer_claims(30000);
    expect_status(INTAKE, "open");
    expect_events(EV_INTAKE_REGISTERED, 1);
    const struct ev_intake_reclassified *c = last(EV_INTAKE_RECLASSIFIED);
    cr_assert_eq(c->brief->claimed_minor, 30000);
    cr_assert_eq(c->brief->version, 2);
    expect_sound();
}

/* IN-6: material sent later through a channel finds its case by the case number. */
Test(story, IN_6_a_supplement_finds_its_case_and_a_stray_one_is_not_lost)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    int64_t id = arrives("/channels/web", f);
    const struct ev_intake_registered *r = last(EV_INTAKE_REGISTERED);
    supplement_arrives("/channels/email", r->brief->case_no, "claimed_amount");
    cr_assert_eq(the_case(), id);
    expect_status(INTAKE, "open");
    expect_event(EV_INTAKE_CONTACT_ADDED);
    supplement_arrives("/channels/email", "RF2019-03-000777", "claimed_amount");
    cr_assert_neq(the_case(), id);
    expect_event(EV_INTAKE_REGISTERED);
    expect_sound();
}

/* CH-4: the same matter through two channels is one case with two contacts. */
Test(story, CH_4_two_channels_one_case)
{
    int64_t first = customer_claims(80000);
    struct ev_inbound_complaint *f = form();
    struct customer *who = (struct customer *)f->customer;
    f->kind = KIND_CLAIM;
    f->external_ref = "WX-77";
    f->contract_no = " rc-2026-001 ";
    who->phone = "+86 138-0013-8000";
    cr_assert_eq(arrives("/channels/wechat", f), first);
    cr_assert_eq(arrives("/channels/wechat", f), first);
    expect_events(EV_INTAKE_REGISTERED, 1);
    expect_events(EV_INTAKE_CONTACT_ADDED, 2);
    expect_events(EV_DISPATCH_ASSIGNED, 1);
    expect_sound();
}

/* CH-4: a channel that gives another number means another matter; so does another contract. */
Test(story, CH_4_another_number_of_the_same_channel_is_another_case)
{
    struct ev_inbound_complaint *f = form(), *g = form(), *h = form();
    f->external_ref = "A-1";
    g->external_ref = "A-2";
    h->contract_no = "RC-2026-002";
    int64_t a = arrives("/channels/platform", f);
    int64_t b = arrives("/channels/platform", g);
    cr_assert_neq(a, b);
    cr_assert_eq(arrives("/channels/platform", f), a);
    cr_assert_neq(arrives("/channels/phone", h), a);
    expect_sound();
}

/* CH-5: an outlet that received the case itself has it; head office watches through the regional. */
Test(story, CH_5_direct_case_stays_with_its_outlet)
{
    struct ev_inbound_complaint *f = form();
    f->outlet_id = "O-S2";
    arrives("/channels/outlet", f);
    expect_owner("O-S2");
    const struct ev_dispatch_assigned *a = last(EV_DISPATCH_ASSIGNED);
    cr_assert_str_eq(a->reason, "direct");
    cr_assert(a->brief->direct);
    cr_assert_str_eq(a->assignment->regional_id, "R-SOUTH");
    expect_sound();
}

/* DI-1: contract before region. DI-5: the visitor is one who may visit. */
Test(story, DI_1_contract_then_region)
{
    struct ev_inbound_complaint *f = form();
    f->region = "AIR-LAX";
    arrives("/channels/web", f);
    expect_owner("O-CN1");
    cr_assert_str_eq(((const struct ev_dispatch_assigned *)last(EV_DISPATCH_ASSIGNED))->reason, "contract");
    f = form();
    f->contract_no = NULL;
    f->region = "AIR-LAX";
    arrives("/channels/web", f);
    expect_owner("O-E1");
    cr_assert_str_eq(((const struct ev_dispatch_assigned *)last(EV_DISPATCH_ASSIGNED))->reason, "region");
    cr_assert_str_eq(owner()->visitor_id, "O-E1-H2", "the site supervisor goes first");
}

/* DI-4: nobody for that region: head office has it, and everybody can see why. */
Test(story, DI_4_unassignable_goes_visibly_to_head_office)
{
    const struct policy *p = story_default_policy();
    struct policy bare = *p;
    struct pol_organisation org = *p->org;
    org.n_units--; /* the last unit serves "every other" region */
    bare.org = &org;
    story_policy(&bare);
    struct ev_inbound_complaint *f = form();
    f->contract_no = NULL;
    f->region = "MOON-1";
    arrives("/channels/web", f);
    const struct ev_dispatch_unassignable *u = last(EV_DISPATCH_UNASSIGNABLE);
    cr_assert_str_eq(u->reason, "no_outlet_for_region");
    expect_owner("HO");
    cr_assert_eq(owner()->level, ORG_LEVEL_HEAD_OFFICE);
    expect_sound();
}

/* ES-6: an outlet with nobody to handle a case is skipped for its regional. */
Test(story, ES_6_an_empty_outlet_is_skipped)
{
    const struct policy *p = story_default_policy();
    struct policy short_handed = *p;
    struct pol_organisation org = *p->org;
    struct pol_unit *units = arena_alloc(&story_world->arena, sizeof *units * (size_t)org.n_units);
    memcpy(units, org.units, sizeof *units * (size_t)org.n_units);
    for (int i = 0; i < org.n_units; i++) {
        if (strcmp(units[i].id, "O-CN1") == 0) units[i].n_people = 0;
    }
    org.units = units;
    short_handed.org = &org;
    story_policy(&short_handed);
    customer_claims(120000);
    expect_owner("R-CN");
    cr_assert_str_eq(((const struct ev_dispatch_assigned *)last(EV_DISPATCH_ASSIGNED))->reason, "fallback");
}

/* DI-3: who leads the unit names another handler; an outsider may not, and not an outsider's person. */
Test(story, DI_3_the_manager_names_another_handler)
{
    customer_claims(120000);
    const char *other = strcmp(owner()->handler_id, "O-CN1-H1") == 0 ? "O-CN1-H2" : "O-CN1-H1";
    handler_changes_to(other, other, ROLE_HANDLER);
    expect_refused("DI-1", "not_yours_to_assign");
    handler_changes_to("O-S1-H1", "O-CN1-M", ROLE_OUTLET_MANAGER);
    expect_refused("DI-3", "not_of_this_unit");
    handler_changes_to(other, "O-CN1-M", ROLE_OUTLET_MANAGER);
    cr_assert_str_eq(owner()->handler_id, other);
    expect_events(EV_INTAKE_ACKNOWLEDGED, 2);
    handler_calls();
    expect_event(EV_INTAKE_RESPONDED);
    expect_sound();
}

/* IN-8: only the named handler's call is a first response; the earliest counts. */
Test(story, IN_8_only_a_named_handler_responds_and_the_earliest_counts)
{
    customer_claims(120000);
    expect_no_event(EV_INTAKE_RESPONDED);
    const char *other = strcmp(owner()->handler_id, "O-CN1-H1") == 0 ? "O-CN1-H2" : "O-CN1-H1";
    int64_t received = story_world->now_ms;
    advance_hours(5);
    calls(other, ROLE_HANDLER, "O-CN1", 0);
    expect_refused("IN-8", "not_the_named_handler");
    calls(owner()->handler_id, ROLE_HANDLER, "O-CN1", received - 1);
    expect_refused("IN-8", "contact_before_receipt");
    calls(owner()->handler_id, ROLE_HANDLER, "O-CN1", story_world->now_ms + 1);
    expect_refused("IN-8", "contact_in_the_future");
    handler_calls();
    calls("HO-S1", ROLE_HO_SERVICE, "HO", received + 3600000);
    const struct intake_state *st = world_state(story_world, the_case(), INTAKE);
    cr_assert_eq(st->responded_ms, received + 3600000);
    cr_assert(!((const struct ev_intake_responded *)last(EV_INTAKE_RESPONDED))->first);
    expect_events(EV_INTAKE_RESPONDED, 2);
    expect_sound();
}

/* IN-10 AP-7: out of scope is rejected at the review, with reasons; the case ends everywhere. */
Test(story, IN_10_out_of_scope_is_rejected_with_reasons)
{
    customer_claims(120000);
    handler_reviews(true, false, NULL);
    expect_refused("AP-7", "rejection_without_reasons");
    handler_reviews(true, true, NULL);
    expect_status(INTAKE, "open");
    handler_reviews(true, false, "the wall was built by somebody else");
    expect_status(INTAKE, "closed");
    expect_status(EVIDENCE, "stood_down");
    expect_status(APPROVAL, "ended");
    cr_assert_eq(((const struct ev_intake_result_noticed *)last(EV_INTAKE_RESULT_NOTICED))->outcome, OUTCOME_REJECTED);
    expect_sound();
}

/* EV-2 EV-3: records of one round add up until nothing the policy asks for is missing. */
Test(story, EV_3_records_add_up_to_a_complete_package)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    struct visit_record half = full_record(), rest = {.courtesy_checklist = true, .cause_analysis = "no primer"};
    half.courtesy_checklist = false;
    half.cause_analysis = NULL;
    visitor_submits(&half, NULL, NULL);
    const struct ev_evidence_package_incomplete *inc = last(EV_EVIDENCE_PACKAGE_INCOMPLETE);
    cr_assert_eq(inc->n_missing, 2);
    expect_status(EVIDENCE, "incomplete");
    struct finding f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    investigator_concludes(&f, NULL);
    expect_refused("EV-3", "package_not_complete");
    visitor_submits(&rest, NULL, NULL);
    expect_status(EVIDENCE, "investigating");
    investigator_concludes(&f, NULL);
    expect_status(EVIDENCE, "concluded");
    expect_status(APPROVAL, "planning");
    expect_sound();
}

/* EV-2 DI-5: a photo needs its hash, a visitor the right to visit, a visit cannot lie ahead. */
Test(story, EV_2_a_bad_record_is_refused_with_its_reason)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    struct visit_record r = full_record();
    struct photo nameless = {.sha256 = "abc", .taken_ms = 1, .taker = "x"};
    r.photos = &nameless;
    visitor_submits(&r, NULL, NULL);
    expect_refused("EV-2", "photo_without_hash");
    r = full_record();
    visitor_submits(&r, NULL, rework());
    expect_refused("AP-13", "plan_without_finding");
    struct ev_command_submit_evidence c = {.actor = &(struct actor){"O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1", NULL},
                                           .visitor_id = "O-CN1-M",
                                           .visited_ms = story_world->now_ms,
                                           .record = &r};
    world_command(story_world, EV_COMMAND_SUBMIT_EVIDENCE, &c, the_case());
    world_drain(story_world);
    expect_refused("DI-5", "not_a_visitor");
    struct ev_command_submit_evidence foreign = c;
    foreign.actor = &(struct actor){"O-S1-H1", ROLE_HANDLER, "O-S1", NULL};
    world_command(story_world, EV_COMMAND_SUBMIT_EVIDENCE, &foreign, the_case());
    world_drain(story_world);
    expect_refused("DI-2", "not_your_case");
    struct ev_command_submit_evidence ahead = c;
    ahead.visitor_id = owner()->visitor_id;
    ahead.visited_ms++;
    world_command(story_world, EV_COMMAND_SUBMIT_EVIDENCE, &ahead, the_case());
    world_drain(story_world);
    expect_refused("EV-2", "visited_in_the_future");
    expect_no_event(EV_EVIDENCE_PACKAGE_SUBMITTED);
}

#define VIDEO_SHA "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

/* A whole record with a witness heard, an earlier case, and a video the customer brought. */
static void visitor_submits_with_video(enum standing standing, const char *marked_by, const char *sha256)
{
    struct file_item *items = ARENA_ARRAY(&story_world->arena, struct file_item, 3);
    struct visit_record *r = ARENA_NEW(&story_world->arena, struct visit_record);
    struct finding *f = ARENA_NEW(&story_world->arena, struct finding);
    items[0] =
        (struct file_item){.kind = FILE_ITEM_KIND_INTERVIEW, .title = "the neighbour", .words = "heard them fall"};
    items[1] = (struct file_item){.kind = FILE_ITEM_KIND_EARLIER_CASE, .title = "RF2025-03-000017"};
    items[2] = (struct file_item){.kind = FILE_ITEM_KIND_RECORDING,
                                  .title = "the customer's video",
                                  .sha256 = sha256,
                                  .from_customer = true,
                                  .standing = standing,
                                  .marked_by = marked_by};
    *r = full_record();
    *f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    r->n_items = 3;
    r->items = items;
    visitor_submits(r, f, NULL);
}

/* EV-8: witnesses, recordings, papers and earlier cases are in the file; what the customer brings is marked, by whom.
 */
Test(story, EV_8_what_the_customer_brings_is_verified_or_doubtful)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    visitor_submits_with_video(STANDING_ABSENT, NULL, VIDEO_SHA);
    expect_refused("EV-8", "neither_verified_nor_doubtful");
    visitor_submits_with_video(STANDING_VERIFIED, NULL, VIDEO_SHA);
    expect_refused("EV-8", "neither_verified_nor_doubtful");
    visitor_submits_with_video(STANDING_DOUBTFUL, "O-S1-H1", VIDEO_SHA);
    expect_refused("EV-8", "marked_by_nobody_here");
    visitor_submits_with_video(STANDING_DOUBTFUL, "O-CN1-H1", "9f86");
    expect_refused("EV-8", "item_without_hash");
    expect_no_event(EV_EVIDENCE_PACKAGE_SUBMITTED);
    visitor_submits_with_video(STANDING_DOUBTFUL, "O-CN1-H1", VIDEO_SHA);
    const struct ev_evidence_package_submitted *told = last(EV_EVIDENCE_PACKAGE_SUBMITTED);
    cr_assert_eq(told->record->n_items, 3);
    cr_assert_eq(told->record->items[2].standing, STANDING_DOUBTFUL);
    cr_assert_str_eq(told->record->items[2].marked_by, "O-CN1-H1");
    expect_sound();
}

/* EV-5 EV-6: what cannot be shown not to be our fault is ours. */
Test(story, EV_6_unknown_cause_counts_as_ours)
{
    customer_complains(CATEGORY_SERVICE_QUALITY);
    struct visit_record r = full_record();
    struct finding f = the_finding(CAUSE_UNKNOWN, LIABILITY_CUSTOMER);
    f.justified = false;
    visitor_submits(&r, &f, NULL);
    const struct ev_evidence_investigation_concluded *e = last(EV_EVIDENCE_INVESTIGATION_CONCLUDED);
    cr_assert_eq(e->finding->liability, LIABILITY_OUTLET);
    cr_assert(e->finding->justified);
    cr_assert(e->on_the_spot);
}

/* EV-5: a cause that is known keeps its liability. */
Test(story, EV_5_a_known_cause_keeps_its_liability)
{
    customer_complains(CATEGORY_SERVICE_QUALITY);
    struct visit_record r = full_record();
    struct finding f = the_finding(CAUSE_MISUSE, LIABILITY_CUSTOMER);
    f.justified = false;
    visitor_submits(&r, &f, NULL);
    const struct ev_evidence_investigation_concluded *e = last(EV_EVIDENCE_INVESTIGATION_CONCLUDED);
    cr_assert_eq(e->finding->liability, LIABILITY_CUSTOMER);
    cr_assert(!e->finding->justified);
}
