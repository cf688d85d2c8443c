# shellcheck shell=bash
# Debian packages: what is missing is installed without starting anybody's daemons; what is there is left alone.

packages_wanted() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -- "$@"; }

# Prints the packages of the given lists that are not installed.
packages_missing() {
    local -a wanted
    mapfile -t wanted < <(packages_wanted "$@")
    local have
    have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' || true)
    comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) <(printf '%s\n' "$have" | sort -u)
}

# Every package is fetched, unpacked and set up.
packages_progress() {
    local total ready
    total=$(sed -n 's/.* \([0-9][0-9]*\) newly installed.*/\1/p' "$1" | tail -n 1)
    ready=$(sed '1,/newly installed/d' "$1" | grep -cE '^(Get:|Unpacking |Setting up )' || true)
    if [[ -n $total ]]; then ui_bar "$ready" $((3 * total)); else tail -n 1 -- "$1" | tr -d '\r' | cut -c1-60; fi
}

# Debian's packages would create and start their own PostgreSQL cluster and Redis; ours are private. A policy-rc.d for
# the time of the installation and a createcluster.conf (only where PostgreSQL has never been) prevent that.
packages_quiet_daemons() {
    QUIET_POLICY=0 QUIET_REDIS=0
    if [[ ! -e /usr/sbin/policy-rc.d ]]; then
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
        QUIET_POLICY=1
    fi
    if [[ ! -e /etc/postgresql-common/createcluster.conf ]] && ! dpkg-query -s postgresql-common >/dev/null 2>&1; then
        mkdir -p /etc/postgresql-common
        printf '# Redress runs its own cluster; none of the machine is wanted.\ncreate_main_cluster = false\n' \
            >/etc/postgresql-common/createcluster.conf
    fi
    if ! dpkg-query -s redis-server >/dev/null 2>&1; then QUIET_REDIS=1; fi
}

packages_restore_daemons() {
    if ((QUIET_POLICY)); then rm -f /usr/sbin/policy-rc.d; fi
    # Nor at the next boot; with systemd this disables the unit.
    if ((QUIET_REDIS)); then update-rc.d redis-server disable >/dev/null 2>&1 || true; fi
}

packages_install() {
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C
    local -a apt=(apt-get -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold)
    # Slim images leave out the manual's folders, and Java's alternatives then fail.
    mkdir -p /usr/share/man/man1
    packages_quiet_daemons
    trap packages_restore_daemons EXIT
    if ! "${apt[@]}" update; then
        fail "apt-get update: the package lists cannot be read" \
            "check the network and /etc/apt/sources.list*, then call again (apt-get update must succeed)"
    fi
    "${apt[@]}" install --no-install-recommends "$@"
}

# packages_ensure LOGDIR LIST...
packages_ensure() {
    local logdir=$1
    shift
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        fail "this machine has no apt" "Redress is installed on Debian 12 (bookworm)"
    fi
    local -a missing
    mapfile -t missing < <(packages_missing "$@")
    if ((${#missing[@]} == 0)); then
        ui_done "Debian packages" 0 "all present"
        return
    fi
    step "Debian packages (${#missing[@]} missing)" "$logdir/packages.log" packages_progress \
        "the network must reach Debian's mirror ('apt-get update' without errors); 'apt-get -f install' mends a broken state" \
        packages_install "${missing[@]}"
}
