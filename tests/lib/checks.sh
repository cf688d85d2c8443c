# shellcheck shell=bash
# Checks that are no programs: the format of the C code, what clang-tidy and shellcheck warn of.

# Formatting is asked of what we write; generated and vendored code is not in the repository or carries its own.
check_format() {
    local -a files
    mapfile -t files < <(cd "$ROOT" && git ls-files '*.c' '*.h')
    if ((${#files[@]} == 0)); then echo "git lists no files" && return 1; fi
    (cd "$ROOT" && clang-format --dry-run -Werror "${files[@]}")
}

# Of every .c file we write, by the commands of the build with clang; generated code carries its own warnings there.
check_tidy() {
    run-clang-tidy -quiet -p "$ROOT/build-clang" -j "$(nproc)" "^$ROOT/(common|services|schemas|tests)/" |
        grep -v '^[^ ]*clang-tidy' # the command lines; what stays is what it found
    return "${PIPESTATUS[0]}"
}

# Debian's own Python: the package python3-yaml belongs to it.
check_api() { /usr/bin/python3 "$TESTS/lib/api.py"; }

check_shell() {
    local -a files
    mapfile -t files < <(cd "$ROOT" && git grep -lE '^#!/usr/bin/env bash|^#!/bin/sh|^# shellcheck shell=' -- deploy tests .ci)
    if ((${#files[@]} == 0)); then echo "git lists no files" && return 1; fi
    (cd "$ROOT" && shellcheck -S warning "${files[@]}")
}

# The stack that integration tests share: started here, found by them through REDRESS_TEST_STACK.
stack_shared() {
    stack_up --private
    trap - EXIT
    printf '%s\n' "$REDRESS_STATE" >"$LOGS/stack.state"
}
