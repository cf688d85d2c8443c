# shellcheck shell=bash
# A private installation for tests: own state folder, own ports, gone afterwards whatever happens.
#
#   . "$(dirname "$0")/../lib/stack.sh"
#   stack_up [--private] [OPTION of deploy/up...]
#
# Without options a test joins the stack that tests/run has started for all, when there is one; with options, or
# --private, it always gets its own (tests that kill, stop or fill things want that). Afterwards are set and exported:
#   REDRESS_STATE  REDRESS_CONFIG  STACK_PORT_BASE  CTL (path of redressctl)
# On exit a private stack is stopped and purged; REDRESS_KEEP=1 keeps it and says where. A test that fails prints the
# last lines of every program's log.

STACK_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STACK_OWN=0

stack_port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the range from which the kernel hands out ports of its own accord. Tests that run side by side claim theirs by a
# folder: between the look and the listening lie seconds.
stack_choose_ports() {
    local base try p free
    for ((try = 0; try < 200; try++)); do
        base=$((20000 + 20 * (RANDOM % 600)))
        free=1
        for p in 1 2 3 4 5 10 11 12 13 14 15 16 17; do
            if ! stack_port_free $((base + p)); then free=0 && break; fi
        done
        if ((free)) && [[ -n ${REDRESS_TEST_ROOT:-} ]]; then mkdir "$REDRESS_TEST_ROOT/ports.$base" 2>/dev/null || free=0; fi
        if ((free)); then
            printf '%d' "$base"
            return
        fi
    done
    printf 'stack: no free ports found\n' >&2
    return 1
}

stack_export() {
    export REDRESS_STATE=$1 REDRESS_CONFIG=$1/etc/redress.conf CTL=$1/bin/redressctl
    STACK_PORT_BASE=$(<"$1/etc/port-base")
    export STACK_PORT_BASE
}

stack_up() {
    local private=$#
    if [[ ${1:-} == --private ]]; then shift; fi
    if ((private == 0)) && [[ -n ${REDRESS_TEST_STACK:-} ]]; then
        stack_export "$REDRESS_TEST_STACK"
        return
    fi
    local state base
    state=$(mktemp -d "${REDRESS_TEST_ROOT:-${TMPDIR:-/tmp}}/redress-test.XXXXXX")
    base=$(stack_choose_ports)
    STACK_OWN=1
    export REDRESS_STATE=$state
    trap stack_exit EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    "$STACK_ROOT/deploy/up" --no-job --state "$state" --port-base "$base" "$@"
    stack_export "$state"
}

stack_exit() {
    local rc=$?
    trap - EXIT INT TERM
    if ((rc != 0)); then stack_logs >&2; fi
    stack_down
    exit "$rc"
}

stack_logs() {
    local log
    for log in "$REDRESS_STATE"/log/*/current; do
        if [[ -s $log ]]; then printf -- '--- %s\n%s\n' "$log" "$(tail -n 8 -- "$log" | cut -c1-400)"; fi
    done
}

stack_down() {
    if ((!STACK_OWN)); then return; fi
    STACK_OWN=0
    if [[ -n ${REDRESS_KEEP:-} ]]; then
        printf 'stack: kept, %s; forget it: deploy/down --purge --state %s\n' "$REDRESS_STATE" "$REDRESS_STATE" >&2
        return
    fi
    "$STACK_ROOT/deploy/down" --state "$REDRESS_STATE" --purge >/dev/null
}

# ---- what tests do to a stack; NAME is kafka, postgres, redis, bank, intake … console ----

stack_service() { printf '%s/run/service/%s' "$REDRESS_STATE" "$1"; }
stack_pid() { s6-svstat -o pid "$(stack_service "$1")"; }
# Between an end and the restart a second later there is no process, and -1, which kill takes for all there are.
stack_kill() {
    local pid
    pid=$(stack_pid "$1")
    if ((pid <= 1)); then return 1; fi
    kill "-${2:-KILL}" "$pid"
}
stack_stop() { s6-svc -d "$(stack_service "$1")" && s6-svwait -D -t 30000 "$(stack_service "$1")"; }
stack_start() { s6-svc -u "$(stack_service "$1")"; }
stack_conf() { sed -n "s/^$1 *= *//p" "$REDRESS_CONFIG" | head -n 1; }
stack_get() { curl --noproxy '*' -fsS -m 5 "http://127.0.0.1:$(stack_conf "$1.http.port")$2"; }
stack_ready() { stack_get "$1" /readyz >/dev/null 2>&1; }

# SQL as the superuser: stack_psql [psql option...]; stack_value prints one value.
stack_psql() {
    PGPASSFILE="$REDRESS_STATE/etc/pgpass" psql -X -q -v ON_ERROR_STOP=1 -h "$REDRESS_STATE/run/pg" \
        -p $((STACK_PORT_BASE + 3)) -U redress_admin -d redress "$@"
}
stack_value() { stack_psql -At -c "$1"; }
stack_redis() { REDISCLI_AUTH=$(stack_conf redis.password) redis-cli -h 127.0.0.1 -p $((STACK_PORT_BASE + 4)) "$@"; }

# eventually SECONDS COMMAND...: true as soon as COMMAND is; else fails naming it. SECONDS is what a quiet machine needs;
# a busy one gets REDRESS_PATIENCE times as long (waiting longer changes no verdict).
eventually() {
    local until=$((SECONDS + $1 * ${REDRESS_PATIENCE:-3}))
    shift
    while ! "$@"; do
        if ((SECONDS >= until)); then
            printf 'never became true: %s\n' "$*" >&2
            return 1
        fi
        sleep 0.2
    done
}

# expect WHAT ACTUAL EXPECTED
expect() {
    if [[ $2 != "$3" ]]; then
        printf 'expected %s to be %s, it is %s\n' "$1" "$3" "$2" >&2
        exit 1
    fi
}
