# shellcheck shell=bash
# The state folder: who owns it, the passwords, the one configuration file. Everything here is made once and then kept.

STATE_MARK=.redress-state
SERVICES=(intake dispatch evidence approval payment sla escalation)

as_redress() { s6-setuidgid redress "$@"; }

# Called as root already, or through sudo when there is one.
need_root() {
    if ((EUID == 0)); then return; fi
    if command -v sudo >/dev/null; then exec sudo --preserve-env=REDRESS_STATE,REDRESS_PORT_BASE,REDRESS_CACHE,MAVEN_ARGS,MAVEN_OPTS -- "$0" "$@"; fi
    fail "root is needed to install packages and to create the user 'redress', and there is no sudo" \
        "call it as root: su -c '$0'"
}

# A value of the configuration file; empty when it is not there.
conf_get() { sed -n "s/^$1 *= *//p" "$STATE/etc/redress.conf" | head -n 1; }

random_secret() { head -c 32 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | cut -c1-32; }

state_is_ours() { [[ -f $1/$STATE_MARK ]]; }

state_check_place() {
    if ((${#STATE} > 80)); then
        fail "the state folder's path is longer than 80 characters (a socket in it could not be named)" \
            "choose a shorter one: --state DIR"
    fi
    if [[ ! $STATE =~ ^/[A-Za-z0-9/._-]+$ ]]; then
        fail "the state folder '$STATE' is not an absolute path of plain characters" "choose another one: --state DIR"
    fi
    if [[ -d $STATE ]] && ! state_is_ours "$STATE" && [[ -n $(ls -A -- "$STATE") ]]; then
        fail "$STATE is not empty and not a state folder of Redress" "choose an empty or new folder: --state DIR"
    fi
}

state_check_disk() {
    local at=$STATE free
    while [[ ! -d $at ]]; do at=$(dirname -- "$at"); done
    free=$(df -Pm -- "$at" | awk 'NR == 2 { print $4 }')
    if ((free < ${REDRESS_MIN_FREE_MB:-2048})); then
        fail "only $free MB are free on the disk of $STATE" \
            "free at least ${REDRESS_MIN_FREE_MB:-2048} MB, or choose another disk: --state DIR"
    fi
}

state_create() {
    mkdir -p -- "$STATE"
    : >"$STATE/$STATE_MARK"
    if ! getent passwd redress >/dev/null; then
        groupadd --system redress 2>/dev/null || true
        useradd --system --gid redress --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin redress
    fi
    chown root:redress "$STATE"
    chmod 0750 "$STATE"
    local dir
    for dir in etc bin share policy kafka run log log/deploy; do install -d -o root -g redress -m 0750 "$STATE/$dir"; done
    for dir in postgres redis bank import run/pg; do install -d -o redress -g redress -m 0700 "$STATE/$dir"; done
    if ! as_redress test -x "$STATE/etc"; then
        fail "the user 'redress' cannot enter $STATE" "every folder above it must allow others to pass (chmod o+x)"
    fi
}

conf_write() {
    local i=0 name
    cat <<END
# Written once by deploy/up; every program of this installation reads it. Secrets: keep it 0600.
state.dir = $STATE
kafka.brokers = 127.0.0.1:$((PORT_BASE + 1))
db.host = 127.0.0.1
db.port = $((PORT_BASE + 3))
db.name = redress
db.user = redress_app
db.password = $(random_secret)
redis.host = 127.0.0.1
redis.port = $((PORT_BASE + 4))
redis.password = $(random_secret)
partitions = ${REDRESS_PARTITIONS:-16}
policy.dir = $STATE/policy
calendar.dir = $STATE/share/calendar
clock = $CLOCK
log.level = info
http.host = 127.0.0.1
END
    for name in "${SERVICES[@]}"; do
        i=$((i + 1))
        printf '%s.http.port = %d\n' "$name" $((PORT_BASE + 10 + i))
    done
    cat <<END
console.http.port = $((PORT_BASE + 10))
console.token = $(random_secret)
web.dir = $STATE/share/web
bank.http.port = $((PORT_BASE + 5))
bank.url = http://127.0.0.1:$((PORT_BASE + 5))
bank.token = $(random_secret)
bank.files.dir = $STATE/bank/exchange
bank.files.for = USD@O-CN1-6222
END
}

# port.base is kept beside the configuration, so that a later call without --port-base finds the same ports.
state_configure() {
    if [[ ! -f $STATE/etc/redress.conf ]]; then
        (umask 077 && conf_write >"$STATE/etc/redress.conf.part")
        chown redress:redress "$STATE/etc/redress.conf.part"
        mv -- "$STATE/etc/redress.conf.part" "$STATE/etc/redress.conf"
        printf '%d\n' "$PORT_BASE" >"$STATE/etc/port-base"
    fi
}

# A driven clock starts when the services first start, and stands still while the installation is down: the anchor
# (after '#', real ms) is set once, and moved by the length of each clean stop.
clock_anchor() {
    local clock now stopped
    clock=$(conf_get clock)
    now=$(date +%s%3N)
    case $clock in
    system) ;;
    *'#'*)
        if [[ -f $STATE/run/stopped-at ]]; then
            stopped=$(<"$STATE/run/stopped-at")
            clock="${clock%#*}#$((${clock##*#} + now - stopped))"
            sed -i "s|^clock = .*|clock = $clock|" "$STATE/etc/redress.conf"
        fi
        ;;
    *) sed -i "s|^clock = .*|clock = $clock#$now|" "$STATE/etc/redress.conf" ;;
    esac
    chown redress:redress "$STATE/etc/redress.conf"
    chmod 0600 "$STATE/etc/redress.conf"
    rm -f -- "$STATE/run/stopped-at"
}

# ---- ports ----

port_busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The process that listens on a port, from /proc (no ss or lsof on a bare machine); empty when it cannot be known.
port_owner() {
    local hex inode fd pid home
    hex=$(printf '%04X' "$1")
    inode=$(awk -v p=":$hex\$" '$2 ~ p && $4 == "0A" { print $10; exit }' /proc/net/tcp /proc/net/tcp6 2>/dev/null || true)
    if [[ -z $inode || $inode == 0 ]]; then return; fi
    for fd in /proc/[0-9]*/fd/*; do
        if [[ $(readlink "$fd" 2>/dev/null || true) == "socket:[$inode]" ]]; then
            pid=${fd#/proc/}
            pid=${pid%%/*}
            home=$(readlink "/proc/$pid/cwd" 2>/dev/null || true)
            if state_is_ours "${home%/run}"; then
                printf 'the Redress installation in %s' "${home%/run}"
                return
            fi
            printf '%s (process %s)' "$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-60)" "$pid"
            return
        fi
    done
}

ports_check() {
    local p owner
    for p in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
        p=$((PORT_BASE + p))
        if port_busy "$p"; then
            owner=$(port_owner "$p")
            fail "port $p of 127.0.0.1 is taken by ${owner:-another process}" \
                "stop it, or choose other ports for a new installation: deploy/up --port-base N (uses N+1 .. N+17)"
        fi
    done
}
