# shellcheck shell=bash
# Builds the programs in build/ and lays them, with schemas and web files, into the state folder, where the user
# 'redress' may read them. A running program whose binary changed is restarted; nothing else is touched.

PROGRAMS=(redress-intake redress-dispatch redress-evidence redress-approval redress-payment redress-escalation
    redress-sla redress-console redress-bank redressctl)

build_progress() { grep -o '^\[[0-9]*/[0-9]*\]' "$1" | tail -n 1 | tr -d '[]' | { IFS=/ read -r a b && ui_bar "$a" "$b"; }; }

build_programs() {
    local dir=$1
    cmake -S "$ROOT" -B "$dir" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo
    NINJA_STATUS='[%f/%t] ' ninja -C "$dir" "${PROGRAMS[@]}"
}

# Through sudo the build belongs to whom the checkout belongs, or that person could not build there again.
give_back() {
    if [[ $(stat -c %u "$ROOT") != 0 ]]; then chown -R --reference="$ROOT" -- "$1"; fi
}

# Two calls on one checkout must not build at once.
build_locked() {
    dir=$1
    mkdir -p -- "$dir"
    exec 8>"$dir/.deploy-lock"
    flock 8
    trap 'give_back "$dir"' EXIT
    build_programs "$dir"
    install_programs "$dir"
}

install_programs() {
    local dir=$1 name from
    : >"$STATE/run/restart"
    for name in "${PROGRAMS[@]}"; do
        from=$(find "$dir/services" -type f -name "$name" -perm -u+x | head -n 1)
        if cmp -s -- "$from" "$STATE/bin/$name"; then continue; fi
        cp -- "$from" "$STATE/bin/$name.new"
        chmod 755 "$STATE/bin/$name.new"
        mv -- "$STATE/bin/$name.new" "$STATE/bin/$name"
        printf '%s\n' "${name#redress-}" >>"$STATE/run/restart"
    done
    install_shared
}

# What the programs read: the policy pack and calendars, the sample with its mappings, the page.
install_shared() {
    install_tree "$ROOT/schemas/policy" "$STATE/share/policy"
    install_tree "$ROOT/schemas/calendar" "$STATE/share/calendar"
    install_tree "$ROOT/schemas/sample" "$STATE/share/sample"
    install_tree "$ROOT/services/console/web" "$STATE/share/web"
    policy_first
}

# The first revision of the policy is the shipped pack; later ones come by `redressctl policy apply` alone, approved.
policy_first() {
    local pack=$STATE/share/policy/renovation-franchise draft=$STATE/policy/first.part
    if [[ -e $STATE/policy/1 ]]; then return; fi
    rm -rf -- "$draft"
    mkdir -- "$draft"
    cp -- "$pack/pack.json" "$pack/organisation.json" "$draft/"
    cp -r -- "$STATE/share/calendar" "$draft/calendar"
    printf '{"revision": 1, "open_deadlines": "pin"}\n' >"$draft/applied.json"
    chmod -R u=rwX,go=rX "$draft"
    mv -- "$draft" "$STATE/policy/1"
}

# install_tree FROM TO NAME...: replaces the folder when it differs; the programs named must then begin anew.
install_tree() {
    local from=$1 to=$2
    shift 2
    if diff -rq -- "$from" "$to" >/dev/null 2>&1; then return; fi
    rm -rf -- "$to.new"
    cp -r -- "$from" "$to.new"
    chmod -R u=rwX,go=rX "$to.new"
    rm -rf -- "$to"
    mv -- "$to.new" "$to"
    if (($# > 0)); then printf '%s\n' "$@" >>"$STATE/run/restart"; fi
}

# Programs that run with a binary of yesterday.
restart_changed() {
    local name app
    while read -r name; do
        for app in "${APPS[@]}"; do
            if [[ ${app%%.*} == "$name" ]] && child_is_up "$app"; then s6-svc -r "$(SCAN_DIR)/$app"; fi
        done
    done < <(sort -u "$STATE/run/restart")
    rm -f -- "$STATE/run/restart"
}
