# shellcheck shell=bash
# The main job of deploy/up: the sample claims come in through a channel, the drill plays customers, outlets and
# managers for a while, then what happened is printed. Done once; "$STATE/job-done" remembers it.

ctl() { REDRESS_CONFIG="$STATE/etc/redress.conf" as_redress "$STATE/bin/redressctl" "$@"; }

job_progress() { tail -n 1 -- "$1" | tr '\r' '\n' | tail -n 1 | cut -c1-60; }

# main_job SECONDS CHANNEL FILE
main_job() {
    local seconds=$1 channel=$2 file=$3
    if [[ -f $STATE/job-done ]]; then
        ui_done "Main job" 0 "done before, on $(<"$STATE/job-done")"
        return
    fi
    # The user 'redress' may not be able to read where the file lies.
    if ! as_redress test -r "$file"; then
        install -o redress -g redress -m 0600 "$file" "$STATE/import/$(basename -- "$file")"
        file=$STATE/import/$(basename -- "$file")
    fi
    step "Import of $(basename -- "$file")" "$STATE/log/deploy/import.log" job_progress \
        "call deploy/up again: an import goes on where it stopped" \
        ctl import --channel "$channel" "$file"
    step "Drill, $seconds s" "$STATE/log/deploy/drill.log" job_progress \
        "see 'redressctl status', then call deploy/up again" \
        ctl drill --seconds "$seconds"
    date -Is >"$STATE/job-done"
}

report() {
    local port
    port=$(conf_get console.http.port)
    ui_say ""
    ctl status || true
    cat <<END

  page        http://127.0.0.1:$port/
  its token   sed -n 's/^console.token = //p' $STATE/etc/redress.conf
  program     $STATE/bin/redressctl --help
  logs        $STATE/log/NAME/current
  stop        $DEPLOY/down$DOWN_ARGS
END
}
