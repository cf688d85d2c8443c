# shellcheck shell=bash
# What the runtime's tests share: services run straight from the build folder against REDRESS_CONFIG's stores, and
# the questions asked of what they left. RUNTIME_BIN and SERVICES_BIN are set by CTest.

RUNTIME_LOGS=$(mktemp -d "${TMPDIR:-/tmp}/redress-runtime.XXXXXX")
declare -A RUNTIME_PID

runtime_setting() { sed -n "s/^$1 *= *//p" "$REDRESS_CONFIG" | tail -n 1; }
runtime_sql() {
    PGPASSWORD=$(runtime_setting db.password) psql -X -q -At -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(runtime_setting db.port)" \
        -U redress_app -d redress -c "$1"
}
runtime_tool() { "$RUNTIME_BIN/runtime_tool" "$@"; }

runtime_program() {
    if [[ $1 == intake ]]; then printf '%s/runtime_intake' "$RUNTIME_BIN"; else printf '%s/%s/redress-%s' "$SERVICES_BIN" "$1" "$1"; fi
}
runtime_start() {
    "$(runtime_program "$1")" >>"$RUNTIME_LOGS/$1.log" 2>&1 &
    RUNTIME_PID[$1]=$!
}
runtime_kill() {
    kill -9 "${RUNTIME_PID[$1]}"
    wait "${RUNTIME_PID[$1]}" 2>/dev/null || true
}
runtime_stop() {
    kill "${RUNTIME_PID[$1]}"
    wait "${RUNTIME_PID[$1]}"
}
runtime_get() { curl --noproxy '*' -fsS -m 5 "http://127.0.0.1:$(runtime_setting "$1.http.port")$2"; }
runtime_ready() { runtime_get "$1" /readyz >/dev/null 2>&1; }
runtime_end() {
    local name
    for name in "${!RUNTIME_PID[@]}"; do kill -9 "${RUNTIME_PID[$name]}" 2>/dev/null || true; done
    wait
    rm -rf -- "$RUNTIME_LOGS"
}
runtime_show() { tail -n 12 "$RUNTIME_LOGS"/*.log | cut -c1-400 >&2; }

runtime_eventually() {
    local until=$((SECONDS + $1 * ${REDRESS_PATIENCE:-3}))
    shift
    while ! "$@"; do
        if ((SECONDS >= until)); then
            printf 'never became true: %s\n' "$*" >&2
            runtime_show
            return 1
        fi
        sleep 0.2
    done
}
runtime_expect() {
    if [[ $2 != "$3" ]]; then
        printf 'expected %s to be %s, it is %s\n' "$1" "$3" "$2" >&2
        runtime_show
        exit 1
    fi
}

# Everything intake and dispatch wrote has been taken by the other.
runtime_quiet() {
    local left
    left=$(runtime_sql "SELECT count(*) FROM runtime.streams s JOIN runtime.edges e ON e.service = s.service
        AND e.source = s.partition AND e.topic = s.topic AND e.partition = s.dst
        WHERE e.consumer IN ('intake', 'dispatch') AND (e.last_seq < s.out_seq OR e.want IS NOT NULL)")
    ((left == 0))
}

# A topic is its outbox: every number of every partition, from 1 without a gap, and always the same bytes.
runtime_topic_whole() {
    local topic=$1 service=$2
    runtime_tool read "$topic" >"$RUNTIME_LOGS/topic"
    # partition offset seq stream type case id value → one line per (partition, seq, bytes)
    cut -d' ' -f1,3,5- "$RUNTIME_LOGS/topic" | sort -u >"$RUNTIME_LOGS/distinct"
    runtime_expect "numbers with two meanings in $topic" "$(cut -d' ' -f1,2 "$RUNTIME_LOGS/distinct" | sort | uniq -d | wc -l)" 0
    runtime_expect "records of $topic" "$(wc -l <"$RUNTIME_LOGS/distinct")" \
        "$(runtime_sql "SELECT coalesce(sum(out_seq), 0) FROM $service.stream WHERE topic = '$topic'")"
}
