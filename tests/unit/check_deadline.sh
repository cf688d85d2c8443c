#!/usr/bin/env bash
# redressctl deadline compute as a program: order, exit codes, odd ends of lines and files, and a pipe that waits for its
# answers. Needs no installation. $1 = redressctl, $2 = the project's root.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/command_kit.sh"

# expect CODE WHAT OUTPUT COMMAND...: input from $TMP/in
expect() {
    local code=$1 what=$2 want=$3 got rc=0
    shift 3
    got=$("$@" <"$TMP/in" 2>"$TMP/err") || rc=$?
    if ((rc != code)); then fail "$what: exit $rc, not $code: $(cat "$TMP/err")"; fi
    if [[ $got != "$want" ]]; then fail "$what:"$'\n'"$got"$'\n'"is not"$'\n'"$want"; fi
}

ask() { printf '{"id":%d,"t":"2026-02-13T16:00","unit":"working_days","n":2}' "$1"; }
due() { printf '{"id":%d,"t":"2026-02-13T16:00","unit":"working_days","n":2,"due":"2026-02-24T18:00:00+08:00"}' "$1"; }
compute=("$CTL" deadline compute)

cd /
printf '\xef\xbb\xbf%s\r\n\n  \n%s' "$(ask 1)" "$(ask 2)" >"$TMP/in"
expect 0 "a byte order mark, CRLF, blank lines, no newline at the end" "$(due 1)"$'\n'"$(due 2)" "${compute[@]}"
expect 0 "a file" "$(due 1)"$'\n'"$(due 2)" "${compute[@]}" "$TMP/in"
expect 0 "another folder of calendars" "$(due 1)"$'\n'"$(due 2)" "${compute[@]}" --calendar-dir "$ROOT/schemas/calendar"
expect 2 "no such folder" "" "${compute[@]}" --calendar-dir "$TMP/none"
expect 2 "no such calendar" "" "${compute[@]}" --calendar mars
expect 1 "no such file" "" "${compute[@]}" "$TMP/none"

printf '%s\nnonsense\n%s\n' "$(ask 1)" "$(ask 2)" >"$TMP/in"
rc=0
"${compute[@]}" <"$TMP/in" >"$TMP/out" || rc=$?
if ((rc != 3)); then fail "a faulty line ends with $rc, not 3"; fi
if [[ $(sed -n 2p "$TMP/out") != '{"error":{"line":2,"reason":"'* || $(sed -n 3p "$TMP/out") != "$(due 2)" ]]; then
    fail "the faulty line is not answered in its place: $(cat "$TMP/out")"
fi

: >"$TMP/in"
expect 0 "nothing asked" "" "${compute[@]}"

# A line of 5 MB between two good ones is one answer.
{ ask 1 && printf '\n{"x":"' && head -c 5000000 /dev/zero | tr '\0' x && printf '"}\n' && ask 2; } >"$TMP/in"
rc=0
"${compute[@]}" <"$TMP/in" >"$TMP/out" || rc=$?
if ((rc != 3)) || [[ $(wc -l <"$TMP/out") != 3 || $(sed -n 3p "$TMP/out") != "$(due 2)" ]]; then
    fail "an overlong line: exit $rc, $(cut -c1-200 "$TMP/out")"
fi

# Every way to cut the input gives the same answers.
for i in $(seq 1 400); do ask "$i" && printf '\n'; done >"$TMP/in"
for i in $(seq 1 400); do due "$i" && printf '\n'; done >"$TMP/want"
dd if="$TMP/in" bs=37 status=none | "${compute[@]}" >"$TMP/out"
cmp "$TMP/want" "$TMP/out" || fail "read in pieces of 37 bytes"

# A program that asks one by one has each answer before it asks on.
coproc CTL_PIPE { exec "${compute[@]}"; }
for i in 1 2 3; do
    printf '%s\n' "$(ask "$i")" >&"${CTL_PIPE[1]}"
    read -r -t 20 line <&"${CTL_PIPE[0]}" || fail "no answer before the next question"
    if [[ $line != "$(due "$i")" ]]; then fail "in a pipe: $line"; fi
done
# 100,000 lines of every unit, a quarter of them with pauses, in less than a second of this program's own time; not where
# a sanitizer watches each access.
awk 'BEGIN {
    split("hours working_days calendar_days working_hours", unit)
    for (i = 0; i < 100000; i++) {
        month = 1 + i % 12; day = 1 + i % 28
        printf "{\"t\":\"2026-%02d-%02dT%02d:%02d\",\"unit\":\"%s\",\"n\":%d", month, day, i % 24, i % 60, unit[1 + int(i / 7) % 4], i % 40
        if (i % 4 == 0) printf ",\"pauses\":[[\"2026-%02d-28T09:00\",\"2026-%02d-28T17:00\"]]", month, month
        if (i % 8 == 0) printf ",\"deemed_next_open\":true"
        print "}"
    }
}' >"$TMP/in"
TIMEFORMAT=%U
{ time "${compute[@]}" <"$TMP/in" >"$TMP/out"; } 2>"$TMP/seconds"
if [[ $(wc -l <"$TMP/out") != 100000 ]]; then fail "not every line of 100,000 has its answer"; fi
if ! grep -q __asan_init "$CTL" && ! awk '{ exit !($1 < 1) }' "$TMP/seconds"; then
    fail "100,000 lines took $(cat "$TMP/seconds") s of processor time"
fi
echo "deadline compute: as said; 100,000 lines in $(cat "$TMP/seconds") s"
