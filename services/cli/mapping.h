/* A channel's mapping file: from the columns of its CSV to the fields of an inbound complaint
 * (CH-2: a new channel needs a registration and a mapping, no code). docs/CHANNELS.md describes the
 * file for those who write one.
 *
 * mapping_apply is a pure function of (mapping, row): the same row always gives the same JSON. */
#ifndef REDRESS_CLI_MAPPING_H
#define REDRESS_CLI_MAPPING_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/money.h"
#include "calendar/zone.h"

enum mapping_type { MAPPING_TEXT, MAPPING_DATE, MAPPING_AMOUNT, MAPPING_INTEGER, MAPPING_BOOL };
enum mapping_source { MAPPING_COLUMN, MAPPING_CONST, MAPPING_TEMPLATE, MAPPING_JOIN };

enum { MAPPING_MAX_COLUMNS = 16, MAPPING_MAX_FORMATS = 8 };

struct mapping_word {
    const char *from, *to;
};

struct mapping_field {
    const char *target; /* "external_ref", "customer.name" */
    enum mapping_source source;
    enum mapping_type type;
    const char *text; /* constant, template, or what joins */
    const char *columns[MAPPING_MAX_COLUMNS];
    int n_columns;
    const char *formats[MAPPING_MAX_FORMATS]; /* strptime formats of a date, tried in order */
    int n_formats;
    const char *currency;           /* amounts */
    struct money_notation notation; /* amounts: how they are written */
    const struct mapping_word *words;
    int n_words;
    const char *otherwise; /* a value no word matches becomes this; NULL = it is kept */
};

struct mapping {
    struct arena arena;  /* owns every string */
    const char *channel; /* the only one it is for; NULL: any */
    char delimiter;
    struct zone zone;
    const char *const *null_words;
    int n_null_words;
    const struct mapping_field *fields;
    int n_fields;
    const char *const *facts; /* columns kept as they are */
    int n_facts;
};

/* How the row's own date is used (import's three ways to take time). */
enum mapping_time { MAPPING_NOW, MAPPING_REPLAY, MAPPING_HISTORY };

struct mapping_row {
    const char *const *names; /* header */
    const char *const *values;
    int n;
};

struct mapping_result {
    struct buf json;   /* the inbound complaint's data */
    bool has_received; /* the row has a date of its own */
    int64_t received_ms;
    const char *column; /* refused: the column at fault ("" = the row as a whole) */
    char reason[256];   /* refused: why */
};

/* Reads and checks a mapping file; the error names file and JSON path. */
bool mapping_load(const char *path, struct mapping *m, struct err *e);
void mapping_deinit(struct mapping *m);
/* The header must be UTF-8 and name no column twice, and every column the mapping names must be in it; the error says
 * which are not. */
bool mapping_check_header(const struct mapping *m, const struct mapping_row *header, struct err *e);
/* true = accepted by the mapping (the event's schema still has its say). With MAPPING_REPLAY
 * `received_ms` in the result is the row's own date; the caller decides the new one. */
bool mapping_apply(const struct mapping *m, const struct mapping_row *row, enum mapping_time time,
                   struct mapping_result *out);
/* The column a JSON path of the event ("$.claimed_minor: …") came from; "" when none did. */
const char *mapping_column_of(const struct mapping *m, const char *json_path);

#endif
