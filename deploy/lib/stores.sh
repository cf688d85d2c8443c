# shellcheck shell=bash
# PostgreSQL and Redis of this installation: made once, configuration written anew at each start (so that a new
# version of it reaches an old installation).

PG_BIN=/usr/lib/postgresql/15/bin

# MB for PostgreSQL's buffers: an eighth of the memory, from 256 to 2048. What is written often then goes to its file at
# the checkpoints, spread out, and not in bursts that a commit waits behind (docs/decisions/0030).
buffers_mb() {
    local mb
    mb=$(($(awk '/^MemTotal:/ {print $2}' /proc/meminfo) / 1024 / 8))
    echo $((mb < 256 ? 256 : mb > 2048 ? 2048 : mb))
}

postgres_conf() {
    local shm=posix
    if [[ ! -w /dev/shm ]]; then shm=mmap; fi
    cat <<END
# Written by deploy/up. fsync and synchronous_commit stay on: what is committed is the only truth there is.
listen_addresses = '127.0.0.1'
port = $((PORT_BASE + 3))
hba_file = '$STATE/etc/pg_hba.conf'
unix_socket_directories = '$STATE/run/pg'
unix_socket_permissions = 0700
max_connections = 100
password_encryption = 'scram-sha-256'
dynamic_shared_memory_type = $shm
shared_buffers = $(buffers_mb)MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica
wal_compression = lz4
wal_buffers = 16MB
min_wal_size = 1GB
max_wal_size = 4GB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
max_wal_senders = 2
bgwriter_delay = 50ms
bgwriter_lru_maxpages = 500
backend_flush_after = 256kB
autovacuum_naptime = 20s
max_parallel_workers_per_gather = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
logging_collector = off
log_destination = 'stderr'
log_line_prefix = '%m [%p] %u '
log_min_duration_statement = 2000
log_checkpoints = off
END
}

# Everybody shows a password, the socket included: a loopback port is open to all users of the machine.
postgres_hba() {
    printf 'local all all scram-sha-256\nlocal replication redress_admin scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n'
}

postgres_init() {
    local data=$STATE/postgres/data secret
    if [[ ! -f $data/PG_VERSION ]]; then
        rm -rf -- "$data"
        secret=$(random_secret)
        (umask 077 && printf '%s\n' "$secret" >"$STATE/postgres/pw" && printf '*:*:*:redress_admin:%s\n' "$secret" >"$STATE/etc/pgpass")
        chown redress:redress "$STATE/postgres/pw"
        # Keys are compared byte by byte: the same order on every machine, and the cheapest one.
        as_redress "$PG_BIN/initdb" -D "$data" -U redress_admin --pwfile="$STATE/postgres/pw" --auth=scram-sha-256 \
            --encoding=UTF8 --locale=C.UTF-8 --lc-collate=C --data-checksums --no-instructions
        rm -f -- "$STATE/postgres/pw"
    fi
    postgres_conf >"$STATE/etc/postgresql.conf"
    postgres_hba >"$STATE/etc/pg_hba.conf"
}

redis_init() {
    # Only an index that PostgreSQL can rebuild: no append-only file, no snapshots; never evict, refuse instead.
    (umask 077 && cat >"$STATE/etc/redis.conf" <<END
bind 127.0.0.1
port $((PORT_BASE + 4))
requirepass $(conf_get redis.password)
dir $STATE/redis
appendonly no
save ""
maxmemory 1gb
maxmemory-policy noeviction
daemonize no
logfile ""
loglevel notice
tcp-keepalive 60
END
    )
    chown redress:redress "$STATE/etc/redis.conf"
}

# psql as the cluster's superuser, over the socket; the password comes from a file, never from a command line.
admin_psql() {
    PGPASSFILE="$STATE/etc/pgpass" PGOPTIONS='--client-min-messages=warning' \
        psql -X -q -v ON_ERROR_STOP=1 -h "$STATE/run/pg" -p $((PORT_BASE + 3)) -U redress_admin "$@"
}

# ---- readiness: each prints nothing and is true when the store answers ----

ready_kafka() { port_busy $((PORT_BASE + 1)); }
ready_postgres() { "$PG_BIN/pg_isready" -q -h "$STATE/run/pg" -p $((PORT_BASE + 3)); }
ready_redis() {
    local answer=''
    exec 3<>"/dev/tcp/127.0.0.1/$((PORT_BASE + 4))" || return 1
    printf 'AUTH %s\r\nPING\r\n' "$(conf_get redis.password)" >&3
    read -r -t 2 answer <&3 && read -r -t 2 answer <&3
    exec 3<&- 3>&-
    [[ $answer == +PONG* ]]
} 2>/dev/null

init_stores() {
    kafka_init
    postgres_init
    redis_init
}
