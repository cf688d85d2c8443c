#!/usr/bin/env bash
# redressctl import as a program, against a gateway that acknowledges (import_gateway.py): killed while rows wait for
# their moment, its mapping mended, a part of the file first, a copy cut short. Every row is accepted, already known or
# refused (CH-2, CH-4). $1 = redressctl, $2 = the project's root.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/command_kit.sh"

python3 -B "$ROOT/tests/unit/import_gateway.py" "$TMP/port" "$TMP/kept" &
GATEWAY=$!
trap 'kill "$GATEWAY"; rm -rf -- "$TMP"' EXIT
: >"$TMP/kept"
for ((i = 0; i < 200; i++)); do
    if [[ -s $TMP/port ]]; then break; fi
    sleep 0.1
done
mkdir -p "$TMP/state"
export REDRESS_CONFIG=$TMP/redress.conf
cat >"$REDRESS_CONFIG" <<CONF
state.dir = $TMP/state
http.host = 127.0.0.1
console.http.port = $(<"$TMP/port")
clock = 2026-03-02T09:00:00+08:00@20#$(date +%s%3N)
CONF

# Sixty rows a second apart, twenty times as fast; every tenth says nothing.
awk 'BEGIN {
    print "No,Day,Text"
    for (i = 1; i <= 60; i++) printf "R-%d,2026-01-05 09:%02d:%02d,%s\n", i, int(i / 60), i % 60, i % 10 ? "late" : ""
}' >"$TMP/rows.csv"
cat >"$TMP/mapping.json" <<'MAPPING'
{ "zone": "Asia/Shanghai", "fields": { "external_ref": { "column": "No" }, "description": { "column": "Text" },
  "kind": { "const": "complaint" }, "received_at": { "column": "Day", "type": "date", "format": ["%Y-%m-%d %H:%M:%S"] } } }
MAPPING
sed 's/"column": "Text"/"join": ["Text", "No"]/' "$TMP/mapping.json" >"$TMP/mended.json"

import() { # MAPPING FILE OPTION...
    "$CTL" --json import --channel shop --mapping "$TMP/$1" "${@:3}" "$TMP/$2" 2>"$TMP/err"
}

said() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$TMP/out" "$1"; }
# counts WHAT "ROWS ACCEPTED KNOWN REFUSED": what the last import said
counts() {
    local got
    got="$(said rows) $(said accepted) $(said duplicates) $(said refused)"
    if [[ $got != "$2" ]]; then fail "$1: $got, not $2"; fi
}
# kept ROWS WHAT: so many, none of them twice
kept() {
    if [[ $(wc -l <"$TMP/kept") != "$1" || $(sort -u "$TMP/kept" | wc -l) != "$1" ]]; then
        fail "$2: the gateway kept $(wc -l <"$TMP/kept") rows, $(sort -u "$TMP/kept" | wc -l) different ones, not $1"
    fi
}

kills=0
for signal in KILL TERM KILL KILL TERM; do
    "$CTL" import --channel shop --mapping "$TMP/mapping.json" --time replay "$TMP/rows.csv" >/dev/null 2>&1 &
    pid=$!
    sleep 0.4
    if kill -"$signal" "$pid" 2>/dev/null; then kills=$((kills + 1)); fi
    wait "$pid" 2>/dev/null || true
done
if ((kills == 0)); then fail "the import was over before it could be killed"; fi
import mapping.json rows.csv --time replay >"$TMP/out" || fail "replay: $(cat "$TMP/err")"
known=$(said duplicates)
counts "CH-2: a replay killed $kills times" "60 $((54 - known)) $known 6"
kept 54 "CH-2: a replay killed $kills times"

import mapping.json rows.csv >"$TMP/out" || fail "$(cat "$TMP/err")"
counts "CH-2: rows refused by a mapping" "60 0 54 6"
import mended.json rows.csv --limit 20 >"$TMP/out" || fail "$(cat "$TMP/err")"
counts "CH-2: a mended mapping, the first rows" "20 2 18 0"
import mended.json rows.csv >"$TMP/out" || fail "$(cat "$TMP/err")"
counts "CH-2: a mended mapping, all rows" "60 6 54 0"
import mended.json rows.csv --again >"$TMP/out" || fail "$(cat "$TMP/err")"
counts "CH-4: once more from the first row" "60 0 60 0"
kept 60 "CH-4: however often it was imported"

sed 's/R-/C-/' "$TMP/rows.csv" | gzip >"$TMP/whole.csv.gz"
head -c -60 "$TMP/whole.csv.gz" >"$TMP/cut.csv.gz"
rc=0
import mended.json cut.csv.gz >"$TMP/out" || rc=$?
if ((rc != 1)) || ! grep -q 'cut.csv.gz: row [0-9]*:.*ends in the middle' "$TMP/err"; then fail "CH-2: a gzip file cut short: exit $rc, $(cat "$TMP/err")"; fi
cut=$(($(wc -l <"$TMP/kept") - 60))
if ((cut < 1 || cut >= 60)); then fail "CH-2: $cut rows of 60 were taken from a file cut short"; fi
import mended.json whole.csv.gz >"$TMP/out" || fail "$(cat "$TMP/err")"
counts "CH-2: the whole copy after the one cut short" "60 $((60 - cut)) $cut 0"
kept 120 "CH-2: the whole copy after the one cut short"
