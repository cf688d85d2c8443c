#!/usr/bin/env bash
# redressctl org: the shipped organisation, its departments and suppliers survive the way through tables; what is wrong in
# a table is named with row or place and changes nothing (AP-5, DI-1, ES-6, PA-7). $1 = redressctl, $2 = the project's root.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/command_kit.sh"

PACK=$TMP/pack
cp -r "$ROOT/schemas/policy/renovation-franchise" "$PACK"

# ---- there and back ----

"$CTL" org export --csv "$PACK" >"$TMP/org.csv" || fail "export"
head -n 1 "$TMP/org.csv" | grep -q '^unit,name,level,parent,' || fail "header: $(head -n 1 "$TMP/org.csv")"
"$CTL" org import "$TMP/org.csv" "$PACK" >"$TMP/out" || fail "import: $(cat "$TMP/out")"
for table in departments suppliers; do
    "$CTL" org export --csv=$table "$PACK" >"$TMP/$table.csv" || fail "export $table"
    "$CTL" org import "$TMP/$table.csv" "$PACK" >"$TMP/out" || fail "import $table: $(cat "$TMP/out")"
done
if "$CTL" org export --csv=people "$PACK" >"$TMP/out" 2>&1; then fail "a table there is not: $(cat "$TMP/out")"; fi
python3 - "$ROOT/schemas/policy/renovation-franchise/organisation.json" "$PACK/organisation.json" <<'PY' || fail "another organisation"
import json, sys
def plain(path):
    org = json.load(open(path, encoding="utf-8"))
    for u in org["units"]:
        for empty in [k for k, v in u.items() if v == [] and k != "people"]:
            del u[empty]
    return org
old, new = map(plain, sys.argv[1:])
assert new["version"] == old["version"] + 3, new["version"]
assert new["departments"] and new["suppliers"]
for part in "units", "departments", "suppliers":
    assert new[part] == old[part], part
PY
"$CTL" org export --csv "$PACK" | cmp - "$TMP/org.csv" || fail "another table"
"$CTL" policy check "$PACK" --calendar "$ROOT/schemas/calendar" >/dev/null || fail "the imported pack is refused"

# The same as JSON, whole: what a file does not say is not there any more.
"$CTL" org export "$PACK" >"$TMP/org.json" || fail "export as JSON"
"$CTL" org import "$TMP/org.json" "$PACK" >"$TMP/out" || fail "import JSON: $(cat "$TMP/out")"
python3 - "$TMP/org.json" "$PACK/organisation.json" <<'PY' || fail "another organisation by JSON"
import json, sys
old, new = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
assert new.pop("version") == old.pop("version") + 1
assert new == old
PY
jq 'del(.departments)' "$TMP/org.json" >"$TMP/none.json"
rc=0
"$CTL" org check "$TMP/none.json" "$PACK" >"$TMP/out" || rc=$?
((rc != 0)) || fail "no departments: $(cat "$TMP/out")"
grep -q 'bands\[0\].departments\[0\]: the organisation has no department "finance"' "$TMP/out" || fail "$(cat "$TMP/out")"
jq '.departments[0].head = "HO-GONE"' "$TMP/org.json" >"$TMP/gone.json"
"$CTL" org check "$TMP/gone.json" "$PACK" >"$TMP/out" && fail "nobody heads it: $(cat "$TMP/out")"
grep -q 'departments\[0\].head: nobody at head office is "HO-GONE"' "$TMP/out" || fail "$(cat "$TMP/out")"

# ---- what cannot be right ----

# refused SED PATTERN [TABLE]: the table, changed, is refused with that, and nothing is written.
refused() {
    cp "$PACK/organisation.json" "$TMP/before"
    sed "$1" "$TMP/${3:-org}.csv" >"$TMP/bad.csv"
    local rc=0
    "$CTL" org import "$TMP/bad.csv" "$PACK" >"$TMP/out" 2>&1 || rc=$?
    if ((rc == 0)) || ! grep -q -- "$2" "$TMP/out"; then fail "'$1': exit $rc: $(cat "$TMP/out")"; fi
    cmp -s "$TMP/before" "$PACK/organisation.json" || fail "'$1': written all the same"
}
refused 's/^R-CN,华南区域加盟商,regional,HO/R-CN,华南区域加盟商,regional,O-CN1/' 'parent: "O-CN1" is not on a level above'
refused 's/^O-CN1,长沙一店,outlet,R-CN/O-CN1,长沙一店,outlet,R-GONE/' 'parent: there is no unit "R-GONE"'
refused 's/^O-CN1,长沙一店,outlet,R-CN/O-CN1,长沙一店,outlet,/' 'hangs in the air'
refused 's/O-CN2-M,/O-CN1-M,/' 'works at unit'
refused 's/CN-A\*/CN-*/' 'is served twice'
refused 's/outlet_manager/boss/' 'boss'
refused '/O-CN1-M,/s/,,,$/,2026-05-01,,O-CN2-M/' 'deputy: "O-CN2-M" is nobody else of the unit'
refused '/O-CN1-M,/s/,,,$/,2026-05-01,,O-CN1-M/' 'deputy: "O-CN1-M" is nobody else of the unit'
refused '/O-CN1-M,/s/,,,$/,1.5.2026,,/' 'absent_from: not a date like 2026-01-31'
refused '/O-CN1-M,/s/,,,$/,,2026-05-01,/' 'absent_until: since when?'
refused '/O-CN1-M,/s/,,,$/,2026-05-02,2026-05-01,/' 'absent_until: is before absent_from'
refused 's/^unit,name/unit,title/' 'there is no column "title"'
refused '2s/^HO,/,/' 'row 1: names no "unit"'
refused '3s/^HO,,/HO,另一总公司,/' 'row 2: the unit was said to be another before'
refused 's/^unit,/branch,/' 'lacks the column "unit", "department" or "supplier"'

# Departments and suppliers: none twice, nobody from elsewhere, and each that the policy names.
refused 's/^legal,/finance,/' 'departments\[8\].id: "finance" is used twice' departments
refused 's/^quality,质量部,HO-Q1/quality,质量部,O-CN1-M/' 'departments\[5\].head: nobody at head office is "O-CN1-M"' departments
refused 's/HO-E2$/HO-GONE/' 'departments\[0\].contact: nobody at head office is "HO-GONE"' departments
refused '/^legal,/d' 'bands\[1\].departments\[0\]: the organisation has no department "legal"' departments
refused '/^quality,/d' 'correction.departments\[1\].department: the organisation has no department "quality"' departments
refused 's/^finance,财务部,HO-F1/finance,财务部,/' 'departments\[8\].head' departments
refused 's/^Paint,/Tiles,/' 'suppliers\[1\].id: "Tiles" is used twice' suppliers
refused 's/^Paint,立新涂料厂/Paint,/' 'name' suppliers
refused 's/^Paint,/,/' 'row 2: names no "supplier"' suppliers

# ES-6: nobody there is no fault, but it is said.
grep -v '^O-CN2,,' "$TMP/org.csv" | sed 's/O-CN2-M,黄伟,outlet_manager/,,/' >"$TMP/vacant.csv"
"$CTL" org check "$TMP/vacant.csv" "$PACK" >"$TMP/out" || fail "vacant: $(cat "$TMP/out")"
grep -q '^note: O-CN2: nobody works there; its cases go to R-CN (ES-6)$' "$TMP/out" || fail "note: $(cat "$TMP/out")"

# Who is away, and who acts.
sed '/O-CN1-M,/s/,,,$/,2026-05-01,2026-05-07,O-CN1-V1/; /O-CN2-M,/s/,,,$/,2026-05-01,,/' "$TMP/org.csv" >"$TMP/away.csv"
"$CTL" org check "$TMP/away.csv" "$PACK" >"$TMP/out" || fail "away: $(cat "$TMP/out")"
grep -q '^note: O-CN1: O-CN1-M is away from 2026-05-01 to 2026-05-07, O-CN1-V1 acts$' "$TMP/out" || fail "deputy: $(cat "$TMP/out")"
grep -q '^note: O-CN2: O-CN2-M is away from 2026-05-01, nobody acts$' "$TMP/out" || fail "no deputy: $(cat "$TMP/out")"
grep -q '^note: O-CN2: nobody is outlet_manager$' "$TMP/out" || fail "no manager: $(cat "$TMP/out")"
printf 'PASS\n'
