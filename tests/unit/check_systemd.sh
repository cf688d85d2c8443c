#!/usr/bin/env bash
# The units under deploy/systemd run what deploy/up runs: the same programs with the same arguments, environment, limits
# and stops, restarted for ever; and systemd takes them, where systemd-analyze is installed. $1 = the project's root.
set -euo pipefail
ROOT=$1
UNITS=$ROOT/deploy/systemd
TMP=$(mktemp -d)
trap 'rm -rf -- "$TMP"' EXIT
STATE=/var/lib/redress
for part in state stores supervise build; do
    # shellcheck source=/dev/null
    . "$ROOT/deploy/lib/$part.sh"
done

fail() {
    printf 'FAIL  %s\n' "$*" >&2
    exit 1
}

# says FILE KEY VALUE: the unit has this line, and KEY only once.
says() {
    local found
    found=$(sed -n "s/^$2=//p" "$UNITS/$1")
    if [[ $found != "$3" ]]; then fail "$1: $2=$found, deploy/up does: $3"; fi
}

# same_as NAME FILE [INSTANCE]: INSTANCE is what stands for %i.
same_as() {
    local command
    command=$(child_command "$1")
    command=/${command#/}
    # A unit cannot look for a Java; it is Debian's, the only one of packages.txt.
    if [[ $1 == kafka ]]; then command="/usr/bin/java ${command#* }"; fi
    if [[ $# == 3 ]]; then command=${command//redress-$3/redress-%i}; fi
    says "$2" ExecStart "$command"
    says "$2" User redress
    says "$2" WorkingDirectory "$STATE/run"
    says "$2" Environment LANG=C.UTF-8
    says "$2" LimitNOFILE 65536
    says "$2" Restart always
    says "$2" RestartSec 1
    says "$2" StartLimitIntervalSec 0
    says "$2" TimeoutStopSec "$(($(child_stop_ms "$1") / 1000))"
    if [[ $(child_stop_signal "$1") != TERM ]]; then says "$2" KillSignal "SIG$(child_stop_signal "$1")"; fi
}

wanted=()
for name in "${STORES[@]}"; do
    same_as "$name" "redress-$name.service"
    wanted+=("redress-$name.service")
done
for name in "${APPS[@]}"; do
    same_as "$name" redress@.service "$name"
    if [[ " ${PROGRAMS[*]} " != *" redress-$name "* ]]; then fail "redress@$name: deploy/up builds no such program"; fi
    wanted+=("redress@$name.service")
done
found=$(sed -n 's/^Wants=//p' "$UNITS/redress.target" | tr ' ' '\n' | sort)
if [[ $found != "$(printf '%s\n' "${wanted[@]}" | sort)" ]]; then fail "redress.target wants: $found"; fi
echo "${#wanted[@]} units run what deploy/up runs"

if ! command -v systemd-analyze >/dev/null; then
    echo "systemd-analyze is not installed: what systemd makes of them is not looked at"
    exit 0
fi
# The same units about a folder where the programs stand.
mkdir -p "$TMP/units" "$TMP/state/bin"
for name in "${APPS[@]}"; do install -m 755 /dev/null "$TMP/state/bin/redress-$name"; done
for unit in "$UNITS"/*; do sed "s|$STATE|$TMP/state|g" "$unit" >"$TMP/units/${unit##*/}"; done
said=$(cd "$TMP/units" && systemd-analyze verify --man=no ./redress.target "${wanted[@]/#/./}" 2>&1) || fail "systemd-analyze verify: $said"
if [[ -n $said ]]; then fail "systemd-analyze verify: $said"; fi
echo "systemd takes them"
