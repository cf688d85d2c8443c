#!/usr/bin/env bash
# Proves by their symbol tables that the cores, and what they link, are pure: values in, values out.
#
#   check_purity.sh BUILD_DIR
#
# An archive may use only what is on the list below, what a pure archive defines, and the pure members of base;
# and it may hold no variable that can change. So there is no clock, no randomness, no file, no log, no
# malloc in a core: its only memory is the decision's arena (arena.o, the one member that is trusted).
set -euo pipefail
build=${1:?usage: check_purity.sh BUILD_DIR}

libc='memcpy|memset|memcmp|memmove|memchr|memrchr|strcmp|strncmp|strcasecmp|strncasecmp|strlen|strnlen|strchr|strrchr|strstr|strspn|strcspn|snprintf|vsnprintf|qsort|bsearch|bcmp|tolower|toupper|__ctype_(b|tolower|toupper)_loc'
compiler='_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__snprintf_chk|__vsnprintf_chk|__memcpy_chk|__(asan|ubsan|tsan)_.*'
base_pure='id.c.o money.c.o timefmt.c.o utf8.c.o'

mapfile -t archives < <(find "$build/common" "$build/services" -name 'libredress_*_core.a' -o -name libredress_core.a \
    -o -name libredress_policy.a -o -name libredress_event.a -o -name libredress_calendar.a | sort)
base=$build/common/base/libredress_base.a
for needed in core policy event calendar; do
    [[ " ${archives[*]##*/} " == *" libredress_$needed.a "* ]] || { echo "libredress_$needed.a is not built"; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && ar x "$(realpath "$base" 2>/dev/null || echo "$OLDPWD/$base")" arena.c.o $base_pure)
pure=("${archives[@]}")
for member in $base_pure; do pure+=("$work/$member"); done

nm --defined-only -g "${pure[@]}" "$work/arena.c.o" 2>/dev/null | awk 'NF == 3 {print $3}' | sort -u >"$work/defined"
bad=0
for file in "${pure[@]}"; do
    foreign=$(nm -u "$file" 2>/dev/null | awk '$1 == "U" || $1 == "w" {print $2}' | sort -u |
        grep -vxFf "$work/defined" | grep -vxE "$libc|$compiler" || true)
    changing=$(objdump -t "$file" | awk '{for (i = 2; i < NF; i++)
        if ($i ~ /^\.(t?bss|t?data)/ && $i !~ /rel\.ro/ && $i != $NF && $NF !~ /^(__|\.L|\.)/) print $NF}' | sort -u)
    [[ -z $foreign ]] || { echo "${file##*/} uses: $foreign" | tr '\n' ' '; echo; bad=1; }
    [[ -z $changing ]] || { echo "${file##*/} has variables: $changing" | tr '\n' ' '; echo; bad=1; }
done
[[ $bad == 0 ]] && echo "pure: ${archives[*]##*/}, and of base $base_pure"
exit $bad
