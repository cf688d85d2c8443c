# shellcheck shell=bash
# What the tests through public interfaces share; sourced after tests/lib/stack.sh, once a stack is up.
#
# say RULE TEXT announces what is going to be shown; proved RULE TEXT and refuted TEXT end a step. The console is
# spoken to with curl, as any program would do it; the answer's status stands in API_STATUS, its body in API_BODY.

KIT_TMP=$(mktemp -d "${REDRESS_TEST_ROOT:-${TMPDIR:-/tmp}}/redress-kit.XXXXXX")
API_STATUS=0 API_BODY=

say() { printf -- '-- %s\n' "$*"; }
proved() { printf 'PASS  %s\n' "$*"; }
refuted() {
    printf 'FAIL  %s\n' "$*" >&2
    exit 1
}

# same RULES WHAT ACTUAL EXPECTED
same() {
    if [[ $3 != "$4" ]]; then refuted "$1: $2 is '$3', not '$4'"; fi
    proved "$1: $2 is $4"
}

# ---- the console's API ----

# call METHOD PATH [curl option...]: with the operator's token unless CALL_TOKEN says another.
call() {
    local method=$1 path=$2
    shift 2
    API_STATUS=$(curl --noproxy '*' -s -m 30 -o "$KIT_TMP/body" -w '%{http_code}' -X "$method" \
        -K <(printf 'header = "Authorization: Bearer %s"\n' "${CALL_TOKEN:-$(stack_conf console.token)}") "$@" \
        "http://127.0.0.1:$(stack_conf console.http.port)$path") || API_STATUS=0
    API_BODY=$(cat "$KIT_TMP/body" 2>/dev/null || true)
}

field() { jq -r "$1" <<<"$API_BODY"; }

# complain SOURCE ID DATA: one structured CloudEvent.
complain() {
    call POST /v1/inbound -H 'Content-Type: application/cloudevents+json' --data-binary @<(
        jq -nc --arg source "$1" --arg id "$2" --argjson data "$3" \
            '{specversion: "1.0", $id, $source, type: "redress.inbound.complaint.v1", $data}'
    )
}

channel_add() { "$CTL" --json channel add "$@"; }

# case_count TEXT, case_of TEXT: the cases a search finds; the id of the only one.
case_count() { "$CTL" --json case list --query "$1" --limit 500 | jq '.items | length'; }
case_there() { [[ $(case_count "$1") -ge 1 ]]; }
case_of() { "$CTL" --json case list --query "$1" | jq -re '.items[0].case_id'; }
case_field() { "$CTL" --json case show "$1" | jq -r "$2"; }

# became CASE FILTER VALUE: a question about the case has this answer.
became() { [[ $(case_field "$1" "$2" 2>/dev/null) == "$3" ]]; }

# The types of events a case's timeline holds, in order, one a line; counted.
timeline() { case_field "$1" '.timeline[].type'; }
happened() { timeline "$1" | grep -cxF -- "$2" || true; }
has_happened() { (($(happened "$1" "$2") >= 1)); }

# decide CASE DECISION WORD...: must be answered without refusal.
decided() {
    local out rc=0
    out=$("$CTL" --json decide "$@" 2>&1) || rc=$?
    if ((rc != 0)); then refuted "decide $*: exit $rc: $out"; fi
}

# refused RULE CASE DECISION WORD...: a rule must refuse it, and be named.
refused() {
    local rule=$1 out rc=0
    shift
    out=$("$CTL" --json decide "$@" 2>&1) || rc=$?
    if ((rc != 3)) || [[ $(jq -r .rule <<<"$out") != "$rule" ]]; then refuted "$rule: decide $*: exit $rc: $out"; fi
    proved "$rule: $2 is refused: $(jq -r .reason <<<"$out")"
}

# ---- the policy ----

# The number of the revision in force.
policy_in_force() {
    find "$(stack_conf policy.dir)" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' | sort -n | tail -n 1
}

# policy_changed NAME REVISION FILTER: in $KIT_TMP/NAME, the pack of that revision changed by a jq filter, with the
# version that follows the one in force.
policy_changed() {
    local all now
    all=$(stack_conf policy.dir) now=$(policy_in_force)
    mkdir -p "$KIT_TMP/$1"
    cp "$all/$now/organisation.json" "$KIT_TMP/$1/"
    jq ".version = $(jq .version "$all/$now/pack.json") + 1 | $3" "$all/$2/pack.json" >"$KIT_TMP/$1/pack.json"
}

# policy_change NAME [--move | --pin]: that pack, proposed by one and approved by another, comes into force (SL-8).
policy_change() {
    local number
    number=$("$CTL" --json policy propose "$KIT_TMP/$1" --as ho_service_manager:HO-M1 --reason "$1" "${@:2}" | jq .proposal)
    "$CTL" policy approve "$number" --as general_manager:HO-GM >/dev/null
    "$CTL" policy apply "$number" >/dev/null
}

# ---- quiescence ----

# Everybody is up, nothing is unread or unsent.
quiet_now() {
    call GET /v1/status
    [[ $API_STATUS == 200 ]] && jq -e '.gateway.unsent == 0 and
        all(.services[]; .up and (.lag // 0) == 0 and (.unsent // 0) == 0 and (.behind // 0) == 0)' <<<"$API_BODY" >/dev/null
}
all_ready() { call GET /v1/status && [[ $API_STATUS == 200 && $(field .ready) == true ]]; }

# quiet SECONDS: so at two looks, each made anew (the console keeps its answer for 1.5 s), and all are ready. On a
# driven clock a limit may always be running out, so the looks need not follow each other.
quiet() {
    local until=$((SECONDS + $1)) looks=0
    while ((looks < 2)); do
        if quiet_now; then looks=$((looks + 1)); fi
        if ((SECONDS >= until)); then
            printf 'not quiet after %s s:\n' "$1" >&2
            "$CTL" status >&2 || true
            return 1
        fi
        sleep 1.6
    done
    eventually $((until - SECONDS)) all_ready
}

# audit_clean WHAT
audit_clean() {
    local out rc=0
    out=$("$CTL" audit 2>&1) || rc=$?
    printf '%s\n' "$out"
    if ((rc != 0)); then refuted "audit after $1 ended with $rc"; fi
    proved "audit clean after $1"
}
