# shellcheck shell=bash
# The way of a case from its message to its plan, for tests that need many of them; sourced after kit.sh. The one who
# sources it sets RUN, a name of its own, and makes the channel /channels/$RUN.

HASH=$(printf '%064d' 5)
now_ms() { call GET /v1/status && field .clock.now_ms; }

# record TAKER: what EV-2 asks for.
record() {
    jq -nc --arg sha "$HASH" --arg taker "$1" --argjson now "$(now_ms)" \
        '{photos: [{sha256: $sha, taken_ms: $now, $taker}], people_present: [$taker, "customer"], device: "camera",
          courtesy_checklist: true, cause_analysis: "glue", agreed: "measured again in a week"}'
}

# arrived NAME DATA: a case of its own, handed to an outlet: CASE, its HANDLER, its ORG
arrived() {
    complain "/channels/$RUN" "$1" "$(jq -c --arg ref "$RUN-$1" '{contract_no: $ref, region: "CN-A1"} + . +
        {external_ref: $ref, customer: {account: $ref}}' <<<"$2")"
    same CH-2 "answer to the message" "$API_STATUS" 202
    eventually 30 case_there "$RUN-$1"
    CASE=$(case_of "$RUN-$1")
    eventually 30 has_happened "$CASE" evidence.visit_ordered
    HANDLER=$(case_field "$CASE" .handler_id) ORG=$(case_field "$CASE" .org_id)
}

# visited FINDING
visited() {
    decided "$CASE" evidence --as "handler:$HANDLER@$ORG" visitor_id="$(case_field "$CASE" .visitor_id)" \
        visited_ms="$(now_ms)" record="$(record "$HANDLER")" finding="$1"
    eventually 30 has_happened "$CASE" approval.planning_started
}

# planned PLAN: by the handler; EXECUTOR stands for him
planned() { decided "$CASE" plan --as "handler:$HANDLER@$ORG" plan="${1//EXECUTOR/$HANDLER}"; }

compensation() { # AMOUNT [CURRENCY]
    printf '{"measures":[{"kind":"compensation","executor":"EXECUTOR"}],"amount_minor":%d,"currency":"%s"}' "$1" "${2:-CNY}"
}

# in_dollars NAME: of the outlet whose bank takes files (bank.files.for), as far as the customer has agreed
in_dollars() {
    arrived "$1" '{"kind":"claim","category":"workmanship","contract_no":"RC-'"$RUN-$1"'","description":"the door sticks",
        "claimed_minor":6000,"currency":"USD","payee":"6222-0009"}'
    visited '{"cause":"workmanship","liability":"outlet","justified":true,"loss_minor":6000,"currency":"USD"}'
    planned "$(compensation 6000 USD)"
    decided "$CASE" accept --as customer:customer
    eventually 60 has_happened "$CASE" payment.instructed
    KEY=$(stack_value "SELECT key FROM payment.payout WHERE case_id = $CASE")
}
