#!/usr/bin/env bash
# redressctl's words: a number that is none is refused by its option's name, what is required is asked for, every command
# answers --help, the shipped mappings are right, and a program finds its own installation's configuration. Needs no
# installation. $1 = redressctl, $2 = the project's root.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/command_kit.sh"

# refuses OPTION WORDS...: exit code 2, and the message begins with what is wrong
refuses() {
    local part=$1 rc=0
    shift
    "$CTL" "$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
    if ((rc != 2)) || ! head -n 1 "$TMP/err" | grep -qF -- "$part"; then fail "redressctl $*: exit $rc, $(cat "$TMP/err")"; fi
}

for number in abc 0 -1 1x '' 99999999999999999999; do
    refuses "--limit: '$number' is not a whole number" import --channel a --limit "$number" x
    refuses "--rate: '$number' is not" channel add a --kind web --rate "$number"
    refuses "--limit: '$number' is not" case list --limit "$number"
    refuses "--limit: '$number' is not" ledger show --limit "$number"
    refuses "--seconds: '$number' is not" drill --seconds "$number"
    refuses "--year: '$number' is not" calendar show cn --year "$number"
done
refuses "--seed: '1e3' is not" drill --seed 1e3
refuses "--until-idle: 'soon' is not" drill --until-idle soon
refuses "--n: '2.5' is not" deadline explain --from 2026-02-13T16:00 --unit hours --n 2.5
refuses "--kind" channel add a
refuses "too many words" status now
refuses "needs CASE" case show
refuses "unable to open $TMP/none" import --channel a --mapping "$TMP/none" x

"$CTL" --help | sed -n 's/^  \([a-z]* \{0,1\}[a-z]*\)  .*/\1/p' >"$TMP/commands"
if (($(wc -l <"$TMP/commands") < 20)); then fail "the help lists $(wc -l <"$TMP/commands") commands"; fi
# argp leaves two bytes behind when it exits after a usage in several forms: no leak of ours.
while read -r -a words; do
    ASAN_OPTIONS=detect_leaks=0 "$CTL" "${words[@]}" --json --help >"$TMP/out" 2>&1 || fail "redressctl ${words[*]} --help ends with $?: $(cat "$TMP/out")"
    if ! grep -q '^Usage: redressctl ' "$TMP/out"; then fail "redressctl ${words[*]} --help: $(cat "$TMP/out")"; fi
done <"$TMP/commands"

for mapping in "$ROOT"/schemas/sample/mapping/*.json; do
    "$CTL" import --channel "$(basename "$mapping" .json)" --mapping "$mapping" "$TMP/none" 2>"$TMP/err" || true
    if ! grep -qF "cannot open $TMP/none" "$TMP/err"; then fail "a shipped mapping is refused: $(cat "$TMP/err")"; fi
done
refuses "the mapping is for 'tsa-claims', the import for 'other'" import --channel other --mapping "$ROOT/schemas/sample/mapping/tsa-claims.json" x

mkdir -p "$TMP/state/bin" "$TMP/state/etc"
cp -- "$CTL" "$TMP/state/bin/redressctl"
printf 'console.http.port = nonsense\n' >"$TMP/state/etc/redress.conf"
CTL=$TMP/state/bin/redressctl
unset REDRESS_CONFIG
refuses "console.http.port" status
