/* Results: libpq's, in binary. */
#include "runtime/pg.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

static const PGresult *result(const struct pg_rows *r) { return (const PGresult *)r; }

int pg_rows_count(const struct pg_rows *r) { return PQntuples(result(r)); }

bool pg_is_null(const struct pg_rows *r, int row, int column) { return PQgetisnull(result(r), row, column) == 1; }

int64_t pg_int(const struct pg_rows *r, int row, int column)
{
    if (pg_is_null(r, row, column)) return 0;
    const char *p = PQgetvalue(result(r), row, column);
    uint16_t v2;
    uint32_t v4;
    uint64_t v8;
    switch (PQgetlength(result(r), row, column)) {
    case 2: memcpy(&v2, p, 2); return (int16_t)be16toh(v2);
    case 4: memcpy(&v4, p, 4); return (int32_t)be32toh(v4);
    case 8: memcpy(&v8, p, 8); return (int64_t)be64toh(v8);
    default: abort(); /* the column is no integer: a statement of ours is wrong */
    }
}

const char *pg_text(const struct pg_rows *r, int row, int column)
{
    return pg_is_null(r, row, column) ? NULL : PQgetvalue(result(r), row, column);
}

const char *pg_bytea(const struct pg_rows *r, int row, int column, size_t *n)
{
    *n = (size_t)PQgetlength(result(r), row, column);
    return pg_text(r, row, column);
}

bool pg_boolean(const struct pg_rows *r, int row, int column)
{
    return !pg_is_null(r, row, column) && *PQgetvalue(result(r), row, column) != 0;
}

void pg_rows_free(struct pg_rows *r) { PQclear((PGresult *)r); }
