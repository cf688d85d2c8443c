# shellcheck shell=bash
# The main job of deploy/up: the sample claims come in through a channel, the drill plays customers, outlets and
# managers for a while, then what happened is printed. Done once; "$STATE/job-done" remembers it.

job_progress() { tail -n 1 -- "$1" | tr '\r' '\n' | tail -n 1 | cut -c1-160; }

# The key that 'channel add' shows once is for senders over HTTP; an import needs none, and a log must not keep it.
import_channel() {
    if ! ctl channel list | grep -qw -- "$1"; then ctl channel add "$1" --kind import --rate 6000000 >/dev/null; fi
    ctl import --channel "$1" "$2"
}

# The people work from the first claim on: a large file is long in coming, and its cases are not to wait for its end.
people_begin() {
    (
        exec 9>&- # the installation's lock is this call's alone
        REDRESS_CONFIG=$STATE/etc/redress.conf exec s6-setuidgid redress "$STATE/bin/redressctl" drill
    ) >"$PEOPLE_LOG" 2>&1 </dev/null &
    PEOPLE=$!
    trap people_end EXIT
}

people_end() {
    trap - EXIT
    kill "$PEOPLE" 2>/dev/null || true
    wait "$PEOPLE" 2>/dev/null || true
}

people_progress() { job_progress "$PEOPLE_LOG"; }

people_work() {
    local until=$((SECONDS + $1))
    while ((SECONDS < until)); do
        if ! kill -0 "$PEOPLE" 2>/dev/null; then
            cat -- "$PEOPLE_LOG"
            return 1
        fi
        sleep 0.2
    done
}

# main_job SECONDS CHANNEL FILE
main_job() {
    local seconds=$1 channel=$2 file=$3
    if [[ -f $STATE/job-done ]]; then
        ui_done "Main job" 0 "done before, $(<"$STATE/job-done")"
        return
    fi
    # The user 'redress' may not be able to read where the file lies.
    if ! as_redress test -r "$file"; then
        install -o redress -g redress -m 0600 "$file" "$STATE/import/$(basename -- "$file")"
        file=$STATE/import/$(basename -- "$file")
    fi
    PEOPLE_LOG=$STATE/log/deploy/drill.log
    people_begin
    step "Import of $(basename -- "$file")" "$STATE/log/deploy/import.log" job_progress \
        "call deploy/up again: an import goes on where it stopped" import_channel "$channel" "$file"
    ui_say "      $(tail -n 1 -- "$STATE/log/deploy/import.log")"
    step "Drill: people handle them, $seconds s" "$STATE/log/deploy/people.log" people_progress \
        "see 'redressctl status', then call deploy/up again" people_work "$seconds"
    people_end
    date -Is >"$STATE/job-done"
}

# GET with the console's token, which stands on no command line.
console_get() {
    curl --noproxy '*' -fsS -m 10 -K <(printf 'header = "Authorization: Bearer %s"\n' "$(conf_get console.token)") \
        "http://127.0.0.1:$(conf_get console.http.port)$1"
}

report() {
    ui_say ""
    ui_say "What happened so far"
    console_get /v1/board | python3 "$DEPLOY/lib/board.py"
    ui_say ""
    ctl status
}

where_things_are() {
    cat <<END

  page        http://127.0.0.1:$(conf_get console.http.port)/
  its token   sed -n 's/^console.token = //p' $STATE/etc/redress.conf
  program     REDRESS_CONFIG=$STATE/etc/redress.conf $STATE/bin/redressctl --help
  logs        $STATE/log/NAME/current
  stop        $DEPLOY/down$DOWN_ARGS
END
}
