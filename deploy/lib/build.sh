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

# install_file FROM TO: replaced in one step, and only when it differs (the old time stamp says so to a reader).
install_file() {
    if cmp -s -- "$1" "$2"; then return 1; fi
    cp -- "$1" "$2.new"
    chmod "$3" "$2.new"
    mv -- "$2.new" "$2"
}

install_programs() {
    local dir=$1 name from
    : >"$STATE/run/restart"
    for name in "${PROGRAMS[@]}"; do
        from=$(find "$dir/services" "$dir/common" -type f -name "$name" -perm -u+x | head -n 1)
        if install_file "$from" "$STATE/bin/$name" 755; then printf '%s\n' "${name#redress-}" >>"$STATE/run/restart"; fi
    done
    install_shared
}

# What the programs read: the policy pack, calendars, the sample with its mappings, the page.
install_shared() {
    local part
    for part in policy calendar sample; do install_tree "$ROOT/schemas/$part" "$STATE/share/$part"; done
    install_tree "$ROOT/services/console/web" "$STATE/share/web"
}

install_tree() {
    if diff -rq -- "$1" "$2" >/dev/null 2>&1; then return; fi
    rm -rf -- "$2.new"
    cp -r -- "$1" "$2.new"
    chmod -R u=rwX,go=rX "$2.new"
    rm -rf -- "$2"
    mv -- "$2.new" "$2"
}

# Programs that run with a binary of yesterday.
restart_changed() {
    local name
    while read -r name; do
        if [[ $name != redressctl ]] && child_is_up "$name"; then s6-svc -r "$(SCAN_DIR)/$name"; fi
    done <"$STATE/run/restart"
    rm -f -- "$STATE/run/restart"
}
