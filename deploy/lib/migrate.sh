# shellcheck shell=bash
# Roles, the database, and the numbered migrations: each file of schemas/db once, in order, in a transaction of its own,
# recorded with its checksum. A file that was changed after it was applied stops everything.

# redress_owner owns the schema and cannot log in; redress_app is what the programs are. The password goes through
# standard input.
migrate_roles() {
    admin_psql -d postgres <<SQL
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;
DO \$\$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'redress_owner') THEN CREATE ROLE redress_owner NOLOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'redress_app') THEN CREATE ROLE redress_app LOGIN; END IF;
END \$\$;
ALTER ROLE redress_app PASSWORD '$(conf_get db.password)';
SELECT 'CREATE DATABASE redress OWNER redress_owner'
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'redress') \gexec
REVOKE CONNECT, TEMPORARY ON DATABASE redress FROM PUBLIC;
GRANT CONNECT ON DATABASE redress TO redress_app;
\connect redress
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE TABLE IF NOT EXISTS public.migration (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
SQL
}

migrate_one() {
    local file=$1 name=$2 sha=$3
    printf 'applying %s\n' "$name"
    {
        printf 'BEGIN;\nSET LOCAL ROLE redress_owner;\n'
        cat -- "$file"
        printf "\n;RESET ROLE;\nINSERT INTO public.migration (name, sha256) VALUES ('%s', '%s');\nCOMMIT;\n" "$name" "$sha"
    } | admin_psql -d redress
}

migrate() {
    local file name sha
    local -A applied=()
    migrate_roles
    while IFS='|' read -r name sha; do
        if [[ -n $name ]]; then applied[$name]=$sha; fi
    done < <(admin_psql -d redress -At -c 'SELECT name, sha256 FROM public.migration')
    for file in "$ROOT"/schemas/db/[0-9][0-9][0-9]_*.sql; do
        name=$(basename -- "$file")
        sha=$(sha256sum -- "$file" | cut -d' ' -f1)
        if [[ -z ${applied[$name]:-} ]]; then
            migrate_one "$file" "$name" "$sha"
        elif [[ ${applied[$name]} != "$sha" ]]; then
            fail "migration $name was changed after it had been applied to this database" \
                "put the file back as it was and write the change as a new migration; a trial installation can start anew: deploy/down --purge"
        fi
    done
}
