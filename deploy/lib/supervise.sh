# shellcheck shell=bash
# Everything that runs is a child of one s6-svscan of this installation: restarted after a crash, its output kept in
# rotated logs, stopped in order. Service folders carry a "down" file, so nothing starts but in deploy/up's order.

STORES=(kafka postgres redis)
APPS=(bank "${SERVICES[@]}" console)
SLA_MOST=5
# Further processes of sla, which share its partitions: sla.2, sla.3 … as this installation has been told to have.
siblings_read() {
    local i n=1
    if [[ -r $STATE/etc/sla-processes ]]; then n=$(<"$STATE/etc/sla-processes"); fi
    APPS=(bank "${SERVICES[@]}" console)
    for ((i = 2; i <= n; i++)); do APPS+=("sla.$i"); done
}
sibling_port() { printf '%d' $((PORT_BASE + 4 + ${1##*.})); }
SCAN_DIR() { printf '%s/run/service' "$STATE"; }

java_17() {
    local j
    for j in /usr/lib/jvm/java-17-openjdk-*/bin/java; do
        if [[ -x $j ]]; then
            printf '%s' "$j"
            return
        fi
    done
    command -v java
}

# The command line of a child; secrets stand in files only.
child_command() {
    case $1 in
    kafka)
        printf '%s' "$(java_17) @$STATE/etc/kafka.jvm -Djava.io.tmpdir=$STATE/kafka/tmp -cp $STATE/kafka/classes:$STATE/kafka/lib/*" \
            " kafka.Kafka $STATE/etc/kafka.properties"
        ;;
    postgres) printf '%s' "$PG_BIN/postgres -D $STATE/postgres/data -c config_file=$STATE/etc/postgresql.conf" ;;
    redis) printf '%s' "/usr/bin/redis-server $STATE/etc/redis.conf" ;;
    sla.*)
        printf '%s' "env REDRESS_INSTANCE=$1 REDRESS_SLA_HTTP_PORT=$(sibling_port "$1")" \
            " $STATE/bin/redress-sla --config $STATE/etc/redress.conf"
        ;;
    *) printf '%s' "$STATE/bin/redress-$1 --config $STATE/etc/redress.conf" ;;
    esac
}

# How long a stop may take (ms) before it is killed, and by which signal it is asked: PostgreSQL stops fast on INT.
child_stop_ms() { if [[ $1 == kafka || $1 == postgres ]]; then echo 20000; else echo 5000; fi; }
child_stop_signal() { if [[ $1 == postgres ]]; then echo INT; else echo TERM; fi; }

# child_folder NAME: its s6 service folder, the same at every call.
child_folder() {
    local name=$1 dir
    dir=$(SCAN_DIR)/$name
    mkdir -p -- "$dir/log"
    install -d -o redress -g redress -m 0750 "$STATE/log/$name"
    # set -f: the star of Java's class path is Java's, not the shell's.
    cat >"$dir/run.new" <<END
#!/bin/sh
exec 2>&1
ulimit -n 65536 2>/dev/null || ulimit -n "\$(ulimit -H -n)"
set -f
cd "$STATE/run"
exec s6-setuidgid redress $(child_command "$name")
END
    cat >"$dir/finish.new" <<END
#!/bin/sh
if [ "\$1" = 256 ]; then echo "deploy: $name was ended by signal \$2"; else echo "deploy: $name ended with exit code \$1"; fi
END
    cat >"$dir/log/run.new" <<END
#!/bin/sh
exec s6-setuidgid redress s6-log -b -- n5 s16777216 "$STATE/log/$name"
END
    local file
    for file in run finish log/run; do
        chmod 755 "$dir/$file.new"
        mv -- "$dir/$file.new" "$dir/$file"
    done
    : >"$dir/down"
    child_stop_ms "$name" >"$dir/timeout-kill"
    child_stop_signal "$name" >"$dir/down-signal"
}

supervisor_runs() { s6-svscanctl -a "$(SCAN_DIR)" 2>/dev/null; }

supervisor_start() {
    local name dir i
    dir=$(SCAN_DIR)
    mkdir -p -- "$dir"
    for name in "${STORES[@]}" "${APPS[@]}"; do child_folder "$name"; done
    install -d -o redress -g redress -m 0700 "$STATE/kafka/tmp"
    if ! supervisor_runs; then
        # A clean environment: nothing of the caller's reaches the programs. Its own session: it outlives this call.
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            setsid s6-svscan -c 100 "$dir" </dev/null >>"$STATE/log/supervisor.log" 2>&1 9>&- &
        disown
    fi
    for ((i = 0; i < 100; i++)); do
        if supervisor_runs && all_supervised; then return; fi
        sleep 0.1
    done
    fail "the supervisor (s6-svscan) does not come up" "read $STATE/log/supervisor.log" "$STATE/log/supervisor.log"
}

# Processes of sla that are no more wanted end, and their folders go.
siblings_end() {
    local dir
    for dir in "$(SCAN_DIR)"/sla.*; do
        if [[ ! -d $dir || " ${APPS[*]} " == *" ${dir##*/} "* ]]; then continue; fi
        children_stop 8 "${dir##*/}"
        rm -rf -- "$dir"
        s6-svscanctl -an "$(SCAN_DIR)"
    done
}

all_supervised() {
    local name
    for name in "${STORES[@]}" "${APPS[@]}"; do
        if ! s6-svok "$(SCAN_DIR)/$name" || ! s6-svok "$(SCAN_DIR)/$name/log"; then return 1; fi
    done
}

child_is_up() { [[ $(s6-svstat -o up "$(SCAN_DIR)/$1" 2>/dev/null) == true ]]; }

# child_start NAME: asks for it; a running one is left alone. What it died of before this call counts no more (it may
# seem to run for the instant between two deaths).
child_start() {
    s6-svdt-clear "$(SCAN_DIR)/$1"
    if ! child_is_up "$1"; then s6-svc -u "$(SCAN_DIR)/$1"; fi
}

# Ended more than twice since it was asked for: it will not come up by waiting.
child_dying() { (($(s6-svdt "$(SCAN_DIR)/$1" 2>/dev/null | wc -l) > 2)); }

child_fail() {
    fail "$1 $2" "the reason stands in $STATE/log/$1/current (last lines above); mend it and call deploy/up again" \
        "$STATE/log/$1/current"
}

# children_wait SECONDS CHECK NAME...: until "CHECK NAME" is true for all; says who is lacking.
children_wait() {
    local limit=$1 check=$2 from=$SECONDS name said=
    shift 2
    local -a lacking=("$@") still
    while ((${#lacking[@]} > 0)); do
        still=()
        for name in "${lacking[@]}"; do
            if ! "$check" "$name"; then
                if child_dying "$name"; then child_fail "$name" "keeps ending right after its start"; fi
                still+=("$name")
            fi
        done
        lacking=("${still[@]}")
        if ((${#lacking[@]} == 0)); then return; fi
        if [[ $said != "${lacking[*]}" ]]; then
            said="${lacking[*]}"
            printf 'waiting for %s\n' "$said"
        fi
        if ((SECONDS - from >= limit)); then child_fail "${lacking[0]}" "is not ready after $limit s"; fi
        sleep 0.2
    done
}

# children_stop SECONDS NAME...: together; the kill timeout of each bounds it.
children_stop() {
    local limit=$1 name
    shift
    local -a dirs=()
    for name in "$@"; do
        if s6-svok "$(SCAN_DIR)/$name" 2>/dev/null; then
            s6-svc -d "$(SCAN_DIR)/$name"
            dirs+=("$(SCAN_DIR)/$name")
        fi
    done
    if ((${#dirs[@]} > 0)); then s6-svwait -D -t $((limit * 1000)) "${dirs[@]}"; fi
}

supervisor_stop() {
    if ! supervisor_runs; then return; fi
    local i
    s6-svscanctl -t "$(SCAN_DIR)"
    for ((i = 0; i < 100; i++)); do
        if ! supervisor_runs; then return; fi
        sleep 0.1
    done
    fail "the supervisor does not end" "see 's6-svstat $(SCAN_DIR)/NAME' for who still runs, end it, and call again"
}
