#!/usr/bin/env bash
# The rules of working time as somebody at a terminal meets them (SL-1, SL-2, SL-5, SL-6): each worked example is asked of
# `redressctl deadline compute`, and again of `deadline explain`, which must come to the same in both languages. Needs no
# installation. $1 = redressctl, $2 = the project's root.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/command_kit.sh"
mkdir "$TMP/calendars"
cp "$ROOT"/schemas/calendar/* "$ROOT"/tests/unit/calendar/* "$TMP/calendars/"

# The rule, what is asked, when it is due. Office hours 09:00-12:00, 13:30-18:00; cn where no other calendar is named.
EXAMPLES='
make-up Saturday is a working day|{"t":"2026-02-13T16:00","unit":"working_days","n":1}|2026-02-14T18:00:00+08:00
N working days, the first not counted|{"t":"2026-02-13T16:00","unit":"working_days","n":2}|2026-02-24T18:00:00+08:00
from a holiday|{"t":"2026-02-16T10:00","unit":"working_days","n":2}|2026-02-25T18:00:00+08:00
from a holiday, deemed the next opening|{"t":"2026-02-16T10:00","unit":"working_days","n":2,"deemed_next_open":true}|2026-02-26T18:00:00+08:00
from the night|{"t":"2026-03-02T23:30","unit":"working_days","n":2}|2026-03-04T18:00:00+08:00
from the night, deemed the next opening|{"t":"2026-03-02T23:30","unit":"working_days","n":2,"deemed_next_open":true}|2026-03-05T18:00:00+08:00
from a make-up Saturday|{"t":"2026-02-28T10:00","unit":"working_days","n":2}|2026-03-03T18:00:00+08:00
elapsed hours do not roll|{"t":"2026-02-16T10:00","unit":"hours","n":24}|2026-02-17T10:00:00+08:00
elapsed hours, rolled|{"t":"2026-02-16T10:00","unit":"hours","n":24,"roll":"next_open"}|2026-02-24T09:00:00+08:00
calendar days roll to a close|{"t":"2026-02-13T16:00","unit":"calendar_days","n":3}|2026-02-24T18:00:00+08:00
working hours run out at a close|{"t":"2026-09-30T17:00","unit":"working_hours","n":4}|2026-10-08T12:00:00+08:00
no working hours: the next open instant|{"t":"2026-02-16T10:00","unit":"working_hours","n":0}|2026-02-24T09:00:00+08:00
working hours without a pause|{"t":"2026-03-02T09:00","unit":"working_hours","n":9}|2026-03-03T10:30:00+08:00
working hours move by the working time paused|{"t":"2026-03-02T09:00","unit":"working_hours","n":9,"pauses":[["2026-03-02T11:00","2026-03-04T14:00"]]}|2026-03-05T12:00:00+08:00
working days move by the working time paused|{"t":"2026-03-02T10:00","unit":"working_days","n":2,"pauses":[["2026-03-03T11:00","2026-03-05T10:00"]]}|2026-03-06T17:00:00+08:00
overlapping pauses count once, in any order|{"t":"2026-03-02T10:00","unit":"working_days","n":2,"pauses":[["2026-03-04T08:00","2026-03-05T10:00"],["2026-03-03T11:00","2026-03-04T20:00"]]}|2026-03-06T17:00:00+08:00
elapsed hours move by the clock|{"t":"2026-03-02T10:00","unit":"hours","n":24,"pauses":[["2026-03-02T11:00","2026-03-02T14:00"]]}|2026-03-03T13:00:00+08:00
calendar days move by the clock, then roll|{"t":"2026-03-03T10:00","unit":"calendar_days","n":3,"pauses":[["2026-03-04T10:00","2026-03-05T10:00"]]}|2026-03-09T18:00:00+08:00
as extended in 2020|{"t":"2020-01-23T15:00","unit":"working_days","n":2}|2020-02-04T18:00:00+08:00
as it was before that|{"t":"2020-01-23T15:00","unit":"working_days","n":2,"calendar":"cn-before"}|2020-02-01T18:00:00+08:00
over the notices of two years|{"t":"2025-12-31T10:00","unit":"working_days","n":1}|2026-01-04T18:00:00+08:00
a year not yet published|{"t":"2026-12-30T10:00","unit":"working_days","n":3}|2027-01-04T18:00:00+08:00
a day with 23 hours|{"t":"2026-03-07T10:00","unit":"hours","n":24,"calendar":"ny"}|2026-03-08T11:00:00-04:00
a start in the gap of a day|{"t":"2026-03-08T02:30","unit":"hours","n":0,"calendar":"ny"}|2026-03-08T03:00:00-04:00
every second day, also a Sunday|{"t":"2026-03-06T10:00","unit":"every_days","n":2}|2026-03-08T18:00:00+08:00
every calendar week|{"t":"2026-03-04T10:00","unit":"every_weeks","n":1}|2026-03-15T18:00:00+08:00
'

n=0
while IFS='|' read -r what question due; do
    if [[ -z $what ]]; then continue; fi
    n=$((n + 1))
    printf '%s\n' "$question" >>"$TMP/questions"
    printf '%s: due %s\n' "$what" "$due" >>"$TMP/want"
    printf '%s\n' "$what" >>"$TMP/names"
done <<<"$EXAMPLES"
"$CTL" deadline compute --calendar-dir "$TMP/calendars" "$TMP/questions" | jq -r '.due' | paste -d'\t' "$TMP/names" - |
    sed 's/\t/: due /' >"$TMP/got"
cmp -s "$TMP/want" "$TMP/got" || fail "compute: $(diff "$TMP/want" "$TMP/got")"

# The same as options of explain.
jq -r '[
    "--from", .t, "--unit", .unit, "--n", (.n | tostring),
    (if .calendar then ("--calendar", .calendar) else empty end),
    (if .roll then ("--roll", .roll) else empty end),
    (if .deemed_next_open then "--deemed-next-open" else empty end),
    ((.pauses // [])[] | ("--pause", join("/")))] | join(" ")' "$TMP/questions" >"$TMP/options"
: >"$TMP/got"
while IFS=$'\t' read -r what options; do
    for lang in en zh; do
        # shellcheck disable=SC2086 # options of plain words
        "$CTL" --json deadline explain --calendar-dir "$TMP/calendars" --lang "$lang" $options >"$TMP/$lang"
    done
    # Due, and how it comes about, but for the words.
    jq -rs --arg what "$what" 'def plain: walk(if type == "object" then del(.text, .intro, .conclusion, .lang) else . end);
        if (.[0] | plain) != (.[1] | plain) then "\($what): the languages differ in more than words"
        else "\($what): due \(.[0].due)" end' "$TMP/en" "$TMP/zh" >>"$TMP/got"
done < <(paste -d'\t' "$TMP/names" "$TMP/options")
cmp -s "$TMP/want" "$TMP/got" || fail "explain: $(diff "$TMP/want" "$TMP/got")"

rc=0
said=$("$CTL" deadline compute --calendar-dir "$TMP/calendars" <<<'{"t":"2026-03-02T10:00","unit":"working_days","n":1,"calendar":"idle"}') || rc=$?
if ((rc != 3)) || [[ $said != *"no working day within 400 days"* ]]; then fail "no working day within 400 days: exit $rc: $said"; fi
provisional=$("$CTL" deadline compute --calendar-dir "$TMP/calendars" <<<'{"t":"2026-12-30T10:00","unit":"working_days","n":3}' | jq .provisional)
if [[ $provisional != true ]]; then fail "a year not yet published is not provisional"; fi
night=$("$CTL" deadline compute --calendar-dir "$TMP/calendars" <<<'{"t":"2026-03-02T10:00","unit":"calendar_days","n":1,"binds_customer":true}' | jq -r .due)
if [[ $night != 2026-03-04T00:00:00+08:00 ]]; then fail "what binds the customer ends at $night, not at 24:00"; fi
for words in "2026-03-03 周二 11:00 至 2026-03-05 周四 10:00 暂停" "到期：2026-03-06 周五 17:00"; do
    "$CTL" deadline explain --calendar-dir "$TMP/calendars" --lang zh --from 2026-03-02T10:00 --unit working_days --n 2 \
        --pause 2026-03-03T11:00/2026-03-05T10:00 | grep -qF "$words" || fail "explain in words lacks: $words"
done
echo "working time: $n examples, asked, and explained in two languages"
