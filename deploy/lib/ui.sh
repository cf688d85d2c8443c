# shellcheck shell=bash
# What a person sees: one line a step with its seconds, progress where it takes long, and failures that name
# their remedy. Sourced by deploy/up, deploy/down and tests/run; needs bash only.

UI_TTY=0
UI_COLUMNS=100
if [[ -t 1 ]]; then
    UI_TTY=1
    UI_COLUMNS=$(stty size <&1 2>/dev/null | cut -d' ' -f2 || true)
    if ! ((UI_COLUMNS > 80)); then UI_COLUMNS=80; fi
fi
UI_STARTED=$SECONDS
UI_CHILD=

ui_say() { printf '%s\n' "$*"; }

# fail WHAT REMEDY [LOGFILE]: the end of the run. The log's last lines come first, so the reason stands above.
fail() {
    local what=$1 remedy=$2 log=${3:-}
    if ((UI_TTY)); then printf '\r\033[K' >&2; fi
    if [[ -n $log && -s $log ]]; then
        printf '  --- last lines of %s\n' "$log" >&2
        tail -n 15 -- "$log" | cut -c1-300 | sed 's/^/  | /' >&2
    fi
    printf 'FAILED: %s\n' "$what" >&2
    printf 'Remedy: %s\n' "$remedy" >&2
    exit 1
}

# A percentage and a bar of 20, for progress functions: ui_bar DONE TOTAL
ui_bar() {
    local ready=$1 total=$2 filled
    if ((total <= 0)); then return; fi
    if ((ready > total)); then ready=$total; fi
    filled=$((20 * ready / total))
    printf '[%s%s] %d/%d' "$(printf '%*s' "$filled" '' | tr ' ' '#')" "$(printf '%*s' $((20 - filled)) '' | tr ' ' '.')" \
        "$ready" "$total"
}

ui_done() { # TITLE SECONDS [NOTE]
    if ((UI_TTY)); then printf '\r\033[K'; fi
    printf '  ok  %-46s %4d s%s\n' "$1" "$2" "${3:+   $3}"
}

# step TITLE LOG PROGRESS REMEDY COMMAND...: runs COMMAND (a function is fine) with its output in LOG. PROGRESS is a
# function that prints how far it is from LOG, or "-". On a terminal it is redrawn; elsewhere a line comes every 10 s.
step() {
    local title=$1 log=$2 progress=$3 remedy=$4
    shift 4
    local from=$SECONDS spin='|/-\' i=0 note='' last=0 rc=0
    mkdir -p -- "$(dirname -- "$log")"
    : >"$log"
    (
        set -euo pipefail
        UI_IN_STEP=1 "$@"
    ) >>"$log" 2>&1 </dev/null &
    UI_CHILD=$!
    while kill -0 "$UI_CHILD" 2>/dev/null; do
        sleep 0.2
        if ((UI_TTY)); then
            if [[ $progress != - ]]; then note=$("$progress" "$log" 2>/dev/null || true); fi
            printf '\r\033[K  %s   %-46s %4d s   %s' "${spin:i++%4:1}" "$title" $((SECONDS - from)) "${note:0:UI_COLUMNS - 64}"
        elif ((SECONDS - from >= last + 10)); then
            last=$((SECONDS - from))
            if [[ $progress != - ]]; then note=$("$progress" "$log" 2>/dev/null || true); fi
            printf '  ..  %-46s %4d s   %s\n' "$title" "$last" "$note"
        fi
    done
    wait "$UI_CHILD" || rc=$?
    UI_CHILD=
    if ((rc != 0)); then
        # A command that failed in its own words (fail) has said its remedy already.
        if grep -q '^Remedy: ' "$log"; then
            if ((UI_TTY)); then printf '\r\033[K' >&2; fi
            cat -- "$log" >&2
            exit 1
        fi
        fail "$title (exit code $rc)" "$remedy" "$log"
    fi
    ui_done "$title" $((SECONDS - from))
}

# For "trap ui_unexpected ERR" (with set -E): no run ends without a word. Steps report through their log.
ui_unexpected() {
    local rc=$? at="${BASH_SOURCE[1]##*/}:${BASH_LINENO[0]}" what=$BASH_COMMAND
    if ((BASH_SUBSHELL == 0)); then
        trap - ERR
        fail "'$what' ended with exit code $rc ($at)" "the message above, if any, is that command's own; mend it and call again"
    fi
}

# Ends what runs in the foreground step when the person interrupts; what is supervised already stays.
ui_interrupted() {
    if [[ -n $UI_CHILD ]]; then kill "$UI_CHILD" 2>/dev/null || true; fi
    printf '\nInterrupted; call it again to go on from here.\n' >&2
    exit 130
}
