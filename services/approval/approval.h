/* Approval: plan, decision, the customer's signature. Rules AP-1 to AP-9, AP-11, AP-13, ES-8.
 *
 * A concluded investigation opens the planning. Each plan on the table is a round; below the
 * threshold the authorised decide alone, else the level that has the case approves, by a second
 * person. An approved plan is offered; the customer's signature (or consent given beforehand) makes
 * the claim slip, the only thing finance pays on. Objections, a denial, an appeal and an unsatisfied
 * customer start another round. A claim refused below head office is not told: it climbs, and
 * planning waits for the review (review.c). State: struct approval_state (event/events.h). */
#ifndef REDRESS_APPROVAL_APPROVAL_H
#define REDRESS_APPROVAL_APPROVAL_H

#include "event/core.h"

extern const struct core approval_core;

#endif
