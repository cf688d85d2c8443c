# shellcheck shell=bash
# Ordered start: stores, migrations, topics, bank, services, console; each waited for before the next.

wait_progress() { tail -n 1 -- "$1" | cut -c1-60; }

store_ready() { "ready_$1"; }

# The program answers that it can work; until then it says why in the answer's body and in its log.
app_ready() {
    local port
    if [[ $1 == sla.* ]]; then port=$(sibling_port "$1"); else port=$(conf_get "$1.http.port"); fi
    curl --noproxy '*' -fsS -m 2 -o /dev/null "http://127.0.0.1:$port/readyz" 2>/dev/null
}

start_stores() {
    local name
    for name in "${STORES[@]}"; do child_start "$name"; done # one that died meanwhile
    children_wait 180 store_ready "${STORES[@]}"
}

ctl() { as_redress env REDRESS_CONFIG="$STATE/etc/redress.conf" "$STATE/bin/redressctl" "$@"; }

# Topics are made through the broker's admin interface by the program that knows their list; those that are there stay.
make_topics() {
    local i
    for ((i = 0; i < 5; i++)); do
        if ctl topics; then return; fi
        sleep 1
    done
    return 1
}

start_apps() {
    local name
    clock_anchor
    for name in "${APPS[@]}"; do child_start "$name"; done
    children_wait 180 app_ready "${APPS[@]}"
}
