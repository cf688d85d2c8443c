# shellcheck shell=bash
# What the checks of redressctl as a program share: it needs no installation. Sourced with $1 = redressctl,
# $2 = the project's root; TMP is gone afterwards.
CTL=$1 ROOT=$2
TMP=$(mktemp -d)
trap 'rm -rf -- "$TMP"' EXIT
export REDRESS_CONFIG=/dev/null

fail() {
    printf 'FAIL  %s\n' "$*" >&2
    exit 1
}
