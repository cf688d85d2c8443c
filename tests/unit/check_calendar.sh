#!/usr/bin/env bash
# redressctl calendar: the State Council's twenty years, given once as iCalendar and once as CSV, become the shipped calendar
# again; what is wrong in a notice is named and changes nothing. $1 = redressctl, $2 = the project's root.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/command_kit.sh"

# json EXPRESSION: of the value d on standard input.
json() { python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }

empty() { # DIR: the calendar cn before anything was published
    mkdir -p "$1"
    printf 'date,type\n' >"$1/cn.csv"
    json 'json.dumps({**d, "published": [], "version": 1})' <"$ROOT/schemas/calendar/cn.json" >"$1/cn.json"
}

# ics YEAR, table YEAR: the year's days of the shipped calendar as a notice. Every way to say what an event is occurs.
ics() {
    printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n'
    awk -F, -v year="$1" '
        BEGIN { split("（班）|国庆节 补班|调休上班|Make-up day", work, "|"); split("（休）|春节假期 第1天|放假|public holiday", off, "|") }
        $1 ~ "^" year {
            gsub("-", "", $1); word = NR % 5; print "BEGIN:VEVENT\r"; printf "UID:%d\r\nDTSTART;VALUE=DATE:%s\r\n", NR, $1
            if (word == 4) printf "CATEGORIES:x,%s\r\nSUMMARY:春节\r\n", $2 == "work" ? "调休上班" : "Holiday"
            else printf "SUMMARY:%s\r\n", $2 == "work" ? work[word + 1] : off[word + 1]
            print "END:VEVENT\r" }' "$ROOT/schemas/calendar/cn.csv"
    printf 'END:VCALENDAR\r\n'
}
table() { printf 'name,type,date\n' && awk -F, -v year="$1" '$1 ~ "^" year { printf "\"a, b\",%s,%s\n", $2 == "work" ? "补班" : "休", $1 }' "$ROOT/schemas/calendar/cn.csv"; }

for kind in ics csv; do
    empty "$TMP/$kind"
    for year in $(seq 2007 2026); do
        if [[ $kind == ics ]]; then ics "$year" >"$TMP/notice.ics"; else table "$year" >"$TMP/notice.csv"; fi
        "$CTL" calendar import "$TMP/notice.$kind" cn --year "$year" --calendar-dir "$TMP/$kind" >"$TMP/out" || fail "$kind $year"
    done
    cmp "$TMP/$kind/cn.csv" "$ROOT/schemas/calendar/cn.csv" || fail "$kind: other days"
    if [[ $(json 'd["published"]' <"$TMP/$kind/cn.json") != "$(json 'd["published"]' <"$ROOT/schemas/calendar/cn.json")" ||
        $(json 'd["version"]' <"$TMP/$kind/cn.json") != 21 ]]; then fail "$kind: other years, or another version"; fi
    if [[ $("$CTL" calendar diff --json "$ROOT/schemas/calendar/cn.json" "$TMP/$kind/cn.json" | json 'len(d["items"])') != 0 ]]; then
        fail "$kind: another calendar"
    fi
done
echo "twenty years from iCalendar and from CSV: the shipped calendar"

# ---- a notice changes what it is about and nothing else ----

WORK=$TMP/ics
import() { "$CTL" calendar import "$@" --calendar-dir "$WORK"; }
printf 'date,until,type,hours\n2027-01-01,2027-01-03,holiday,\n2026-12-27,,work,\n2027-12-31,,work,09:00-12:00\n' >"$TMP/n.csv"
cp -r "$WORK" "$TMP/before"
import "$TMP/n.csv" cn --year 2027 --dry-run >"$TMP/out"
diff -r "$WORK" "$TMP/before" >/dev/null || fail "a dry run wrote"
import "$TMP/n.csv" cn --year 2027 >"$TMP/again"
cmp "$TMP/out" "$TMP/again" || fail "the dry run said something else"
if [[ $(grep -c -e ' -> ' "$TMP/out") != 6 ]]; then fail "not five dates and the version: $(cat "$TMP/out")"; fi
ask='{"t":"2026-12-31T10:00","unit":"working_days","n":1}'
due() { printf '%s' "$ask" | "$CTL" deadline compute --calendar-dir "$1" | json 'd["due"], d.get("provisional")'; }
if [[ $(due "$TMP/before") != "2027-01-01T18:00:00+08:00 True" ]]; then fail "unpublished: $(due "$TMP/before")"; fi
if [[ $(due "$WORK") != "2027-01-04T18:00:00+08:00 None" ]]; then fail "published: $(due "$WORK")"; fi
if [[ $("$CTL" calendar show cn --year 2027 --json --calendar-dir "$WORK" |
    json 'd["published"], d["holidays"], len(d["days"])') != 'True 3 3' ]]; then
    fail "show"
fi
echo "a year is published: dues in it are provisional no more"

# ---- what is wrong is named, and nothing is written ----

rm -rf "$TMP/before" && cp -r "$WORK" "$TMP/before"
event() { printf 'BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\n%b\nEND:VEVENT\nEND:VCALENDAR\n' "$1" >"$TMP/bad.ics"; }
refuses() { # WHAT FILE EXPECTED
    local out rc=0
    out=$(import "$2" cn --year 2027 2>&1) || rc=$?
    if ((rc != 1)) || [[ $out != *"$3"* ]]; then fail "$1: exit $rc: $out, not: $3"; fi
    diff -r "$WORK" "$TMP/before" >/dev/null || fail "$1: refused, but written"
}
table_of() { printf 'date,until,type,hours\n%b\n' "$1" >"$TMP/bad.csv"; }

event 'DTSTART;VALUE=DATE:20270101\nSUMMARY:New Year' && refuses "neither" "$TMP/bad.ics" 'bad.ics: line 4: neither CATEGORIES nor SUMMARY ("New Year")'
event 'DTSTART;VALUE=DATE:20270230\nSUMMARY:放假' && refuses "no such date" "$TMP/bad.ics" 'line 4: DTSTART is missing or no date there is'
event 'SUMMARY:放假' && refuses "no date" "$TMP/bad.ics" 'line 4: DTSTART is missing'
event 'DTSTART;VALUE=DATE:20270101\nDTEND;VALUE=DATE:20270101\nSUMMARY:放假' && refuses "empty" "$TMP/bad.ics" 'line 4: it must cover 1 to 62 dates'
event 'DTSTART:20270101T000000Z\nDTEND:20270102T000000Z\nSUMMARY:放假' && refuses "a holiday with hours" "$TMP/bad.ics" 'line 4: a holiday must be whole dates'
event 'DTSTART:20270102T090000Z\nDTEND:20270102T120000Z\nSUMMARY:补班' && refuses "hours in UTC" "$TMP/bad.ics" 'line 4: hours must be local'
event 'DTSTART;VALUE=DATE:20270101\nSUMMARY:放假\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270101\nSUMMARY:补班' &&
    refuses "both" "$TMP/bad.ics" 'line 9: 2027-01-01 is a working day here and a holiday at line 4'
event 'DTSTART;VALUE=DATE:20250101\nSUMMARY:放假' && refuses "another year" "$TMP/bad.ics" 'no date of 2027 is in it'
printf 'not a calendar\n' >"$TMP/bad.ics" && refuses "no iCalendar" "$TMP/bad.ics" 'is no iCalendar'
printf 'BEGIN:VCALENDAR\nSUMMARY:\xff\nEND:VCALENDAR\n' >"$TMP/bad.ics" && refuses "no UTF-8" "$TMP/bad.ics" 'must be UTF-8'
table_of '2027-02-30,,holiday,' && refuses "no such date" "$TMP/bad.csv" 'bad.csv: row 1: "2027-02-30" is no date'
table_of '2027-02-01,,holiday,\n2027-02-02,,party,' && refuses "no type" "$TMP/bad.csv" 'row 2: the type must be work or holiday, not "party"'
table_of '2027-02-02,2027-02-01,holiday,' && refuses "backwards" "$TMP/bad.csv" 'row 1: until must lie 0 to 61 days after date'
table_of '2027-02-02,,work,9-12' && refuses "hours" "$TMP/bad.csv" 'row 1: hours must look like'
table_of '2027-02-02,,holiday,09:00-12:00' && refuses "a holiday's hours" "$TMP/bad.csv" 'row 1: a holiday has no hours'
table_of '2027-02-02,,work,09:00-12:00\n2027-02-02,,work,11:00-13:00' && refuses "overlap" "$TMP/bad.csv" 'row 2: hours of the date overlap'
table_of '2027-01-01,,holiday,\n2026-10-01,,work,' && refuses "another year's date" "$TMP/bad.csv" 'row 2: 2026-10-01 stands in cn.csv as a holiday already; --replace changes it'
printf 'day,kind\n2027-01-01,work\n' >"$TMP/bad.csv" && refuses "no header" "$TMP/bad.csv" 'row 0: the header must name the columns date and type'
echo "what is wrong in a notice is named and changes nothing"

# Hours of a date as events, and a yearly one written out.
empty "$TMP/more" && WORK=$TMP/more
event 'DTSTART;TZID=Asia/Shanghai:20270102T133000\nDTEND;TZID=Asia/Shanghai:20270102T170000\nSUMMARY:补班\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20270102T090000\nDTEND:20270102T120000\nSUMMARY:补班\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY\nSUMMARY:Christmas (holiday)\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270505\nSUMMARY:Birthday'
import "$TMP/bad.ics" cn --year 2027 --other skip >/dev/null
printf 'date,type,hours\n2026-12-25,holiday\n2027-01-02,work,09:00-12:00 13:30-17:00\n2027-12-25,holiday\n2028-12-25,holiday\n' |
    diff - "$TMP/more/cn.csv" || fail "hours, recurrence, --other skip"
printf 'date,type\n2026-02-30,work\n' >"$TMP/more/cn.csv"
if out=$("$CTL" calendar check --calendar-dir "$TMP/more" 2>&1); then fail "check passes a date that is none"; fi
if [[ $out != *cn.csv:2:* ]]; then fail "check: $out"; fi
echo "hours, recurrences, check: as said"
