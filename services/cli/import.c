/* redressctl import: a channel's CSV file becomes inbound events.
 *
 * Every row is either handed over (as a CloudEvent through the console's gateway, 202 = kept durably) or refused
 * with row, column and reason; nothing is dropped silently and the counts add up. A row's event id is a digest of
 * its content and of how often that content stood above it in the file, so the same file imported twice, a longer
 * export of it, or a resumed import never make a second contact of a row. Rule CH-2, CH-4. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/timefmt.h"
#include "cli/console.h"
#include "cli/csvfile.h"
#include "cli/import_state.h"
#include "cli/mapping.h"
#include "event/codec.h"
#include "event/events.h"
#include "runtime/settings.h"

enum {
    IMPORT_BATCH = 500,
    IMPORT_BATCH_BYTES = 512 * 1024,
    IMPORT_PATIENCE_S = 900,
    ROW_DIGEST = 16,
    FILE_DIGEST = 8,
    FILE_DIGEST_TEXT = 2 * FILE_DIGEST + 1
};

struct seen_row {
    unsigned char digest[ROW_DIGEST];
    int times;
    UT_hash_handle hh;
};

struct import {
    struct cli *cli;
    const char *channel, *file, *mapping_path, *report, *time_name;
    const char *source; /* the channel's CloudEvents source */
    int64_t limit;      /* rows at most; 0 = all */
    bool again;         /* from the first row */
    enum mapping_time time;
    struct mapping mapping;
    char mapping_file[512];
    struct clock clock;
    struct import_state state;
    struct seen_row *seen;
    struct arena header_arena;
    const char **header;
    int n_columns;
    struct mapping_result row;
    struct buf batch;
    int in_batch;
    int64_t rows_pending;                   /* refused or in the batch since the last save */
    int64_t file_bytes, read_bytes;         /* on disk: all, and as far as it is read */
    int64_t replay_from_ms, replay_base_ms; /* first row's date, and when it was played */
    int64_t shown_ms;
};

static void show_progress(struct import *im, bool last)
{
    int64_t now = clock_real_ms();
    bool terminal = isatty(STDERR_FILENO) != 0;
    if (!last && now - im->shown_ms < (terminal ? 200 : 5000)) return;
    im->shown_ms = now;
    int percent = im->file_bytes > 0 ? (int)(100 * im->read_bytes / im->file_bytes) : 100;
    const struct import_counts *c = &im->state.counts;
    char bar[41];
    memset(bar, ' ', 40);
    memset(bar, '#', (size_t)(percent * 40 / 100));
    bar[40] = '\0';
    fprintf(stderr, "%s[%s] %3d%%  %" PRId64 " rows, %" PRId64 " accepted, %" PRId64 " again, %" PRId64 " refused%s",
            terminal ? "\r" : "", bar, percent, c->rows, c->accepted, c->duplicates, c->refused,
            terminal && !last ? "" : "\n");
}

static void wait_s(long seconds)
{
    struct timespec ts = {.tv_sec = seconds < 1 ? 1 : seconds};
    nanosleep(&ts, NULL);
}

static bool note_answer(struct import *im, const struct console_answer *a, struct err *e)
{
    if (a->status == 202) {
        im->state.counts.accepted += json_integer_value(json_object_get(a->body, "accepted"));
        im->state.counts.duplicates += json_integer_value(json_object_get(a->body, "duplicates"));
        return true;
    }
    const char *detail = json_string_value(json_object_get(a->body, "detail"));
    if (a->status == 403)
        return err_set(e, ERR_CONFIG, "import",
                       "channel '%s' is not registered: redressctl channel add %s --kind import", im->channel,
                       im->channel);
    return err_set(e, ERR_HTTP, "import", "the gateway answered %ld: %s", a->status, detail == NULL ? "" : detail);
}

/* 429 and 503 ask for patience: the services are behind, or restarting; so does no answer at all. */
static bool post_batch(struct import *im, struct err *e)
{
    struct console_request request = {.method = "POST",
                                      .path = "/v1/inbound",
                                      .body = im->batch.bytes,
                                      .content_type = "application/cloudevents-batch+json"};
    int64_t give_up = clock_real_ms() + IMPORT_PATIENCE_S * 1000LL;
    for (;;) {
        struct console_answer a;
        struct err call = ERR_INIT;
        bool answered = console_call(im->cli, &request, &a, &call);
        bool again = !answered || a.status == 429 || a.status == 503;
        if (!again || clock_real_ms() > give_up) {
            bool well = answered ? note_answer(im, &a, e) : err_set(e, call.code, "import", "%s", call.message);
            console_answer_deinit(&a);
            return well;
        }
        long seconds = a.retry_after;
        console_answer_deinit(&a);
        wait_s(seconds);
    }
}

static bool flush(struct import *im, struct err *e)
{
    if (im->in_batch > 0) {
        buf_putc(&im->batch, ']');
        if (!post_batch(im, e)) return false;
        buf_reset(&im->batch);
        im->in_batch = 0;
    }
    im->state.counts.rows += im->rows_pending;
    im->rows_pending = 0;
    return import_state_save(&im->state, e);
}

/* Content digest and how many equal rows stood above: the row's identity. */
static void row_id(struct import *im, const struct csv_row *row, char id[2 * ROW_DIGEST + 16])
{
    unsigned char digest[ROW_DIGEST];
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, NULL, 0, sizeof digest);
    for (int i = 0; i < row->n; i++)
        crypto_generichash_update(&hash, (const unsigned char *)row->fields[i], strlen(row->fields[i]) + 1);
    crypto_generichash_final(&hash, digest, sizeof digest);
    struct seen_row *s;
    HASH_FIND(hh, im->seen, digest, sizeof digest, s);
    if (s == NULL) {
        s = calloc(1, sizeof *s);
        if (s == NULL) abort();
        memcpy(s->digest, digest, sizeof digest);
        HASH_ADD(hh, im->seen, digest, sizeof s->digest, s);
    }
    s->times++;
    char hex[2 * ROW_DIGEST + 1];
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    snprintf(id, 2 * ROW_DIGEST + 16, s->times == 1 ? "%s" : "%s-%d", hex, s->times);
}

/* In replay a row waits for its moment: the file's own rhythm on the installation's clock. Those before it are
 * handed over and counted first; it is not yet among them. */
static bool wait_for_moment(struct import *im, struct err *e)
{
    if (im->time != MAPPING_REPLAY || !im->row.has_received) return true;
    if (im->replay_base_ms == 0) {
        im->replay_base_ms = clock_now_ms(&im->clock);
        im->replay_from_ms = im->row.received_ms;
    }
    int64_t at = im->replay_base_ms + (im->row.received_ms - im->replay_from_ms);
    if (at <= clock_now_ms(&im->clock)) return true;
    if (!flush(im, e)) return false;
    int64_t wait_us = clock_real_until_us(&im->clock, at);
    struct timespec ts = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    nanosleep(&ts, NULL);
    return true;
}

static void add_event(struct import *im, const char *id)
{
    char time[TIMEFMT_SIZE];
    struct buf *b = &im->batch;
    buf_putc(b, im->in_batch++ == 0 ? '[' : ',');
    buf_printf(b, "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":", id);
    buf_json_string(b, im->source);
    buf_printf(b, ",\"type\":\"%s\",\"time\":\"%s\",\"datacontenttype\":\"application/json\",\"data\":",
               event_ce_type(EV_INBOUND_COMPLAINT), timefmt_utc(clock_now_ms(&im->clock), time));
    buf_append(b, im->row.json.bytes, im->row.json.len);
    buf_putc(b, '}');
}

/* "$.kind: expected …" → column and reason. */
static bool refuse_invalid(struct import *im, int64_t row, const struct err *invalid, struct err *e)
{
    return import_state_refuse(&im->state, row, mapping_column_of(&im->mapping, invalid->message), invalid->message, e);
}

static bool take_row(struct import *im, const struct csv_row *row, const char *id, struct err *e)
{
    const struct mapping_row cells = {.names = im->header, .values = row->fields, .n = row->n};
    struct err invalid = ERR_INIT;
    if (row->n != im->n_columns) {
        char reason[96];
        snprintf(reason, sizeof reason, "%d columns where the header has %d", row->n, im->n_columns);
        return import_state_refuse(&im->state, row->number, "", reason, e);
    }
    if (!mapping_apply(&im->mapping, &cells, im->time, &im->row))
        return import_state_refuse(&im->state, row->number, im->row.column, im->row.reason, e);
    if (!codec_validate(event_desc(EV_INBOUND_COMPLAINT), im->row.json.bytes, im->row.json.len, &invalid))
        return refuse_invalid(im, row->number, &invalid, e);
    if (!wait_for_moment(im, e)) return false;
    add_event(im, id);
    return true;
}

static bool take_header(struct import *im, const struct csv_row *row, struct err *e)
{
    im->header = ARENA_ARRAY(&im->header_arena, const char *, row->n);
    im->n_columns = row->n;
    for (int i = 0; i < row->n; i++) im->header[i] = arena_strdup(&im->header_arena, row->fields[i]);
    return mapping_check_header(&im->mapping, &(struct mapping_row){.names = im->header, .n = row->n}, e);
}

static bool on_row(void *user, const struct csv_row *row, struct err *e)
{
    struct import *im = user;
    if (row->number == 0) return take_header(im, row, e);
    if (im->limit > 0 && row->number > im->limit) return false;
    char id[2 * ROW_DIGEST + 16];
    im->read_bytes = row->bytes_read;
    row_id(im, row, id);
    if (row->number <= im->state.counts.rows) return true; /* dealt with before the interruption */
    if (!take_row(im, row, id, e)) return false;
    im->rows_pending++;
    if (im->in_batch >= IMPORT_BATCH || im->batch.len >= IMPORT_BATCH_BYTES || im->rows_pending >= 20 * IMPORT_BATCH) {
        if (!flush(im, e)) return false;
    }
    show_progress(im, false);
    return true;
}

static bool file_digest(const char *path, char hex[FILE_DIGEST_TEXT], struct err *e)
{
    unsigned char digest[crypto_generichash_BYTES_MIN], chunk[65536];
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, NULL, 0, sizeof digest);
    AUTO_FCLOSE FILE *f = fopen(path, "rb");
    if (f == NULL) return err_set(e, ERR_IO, "import", "cannot open %s: %s", path, strerror(errno));
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;) crypto_generichash_update(&hash, chunk, n);
    if (ferror(f) != 0) return err_set(e, ERR_IO, "import", "cannot read %s: %s", path, strerror(errno));
    crypto_generichash_final(&hash, digest, sizeof digest);
    sodium_bin2hex(hex, FILE_DIGEST_TEXT, digest, FILE_DIGEST);
    return true;
}

static bool load_mapping(struct import *im, struct err *e)
{
    const char *state = config_text(&im->cli->config, "state.dir");
    char *path = im->mapping_file;
    size_t size = sizeof im->mapping_file;
    if (im->mapping_path != NULL) {
        snprintf(path, size, "%s", im->mapping_path);
    } else {
        snprintf(path, size, "%s/etc/mapping/%s.json", state, im->channel);
        if (access(path, R_OK) != 0) snprintf(path, size, "%s/share/sample/mapping/%s.json", state, im->channel);
    }
    if (!mapping_load(path, &im->mapping, e)) return false;
    im->source = arena_printf(&im->mapping.arena, "/channels/%s", im->channel);
    const char *only = im->mapping.channel;
    return only == NULL || strcmp(only, im->channel) == 0 ||
           err_set(e, ERR_CONFIG, "import", "%s: $.channel: the mapping is for '%s', the import for '%s'", path, only,
                   im->channel);
}

/* A changed file or mapping is another import: refused rows have another chance, accepted ones are known. */
static bool open_state(struct import *im, struct err *e)
{
    char key[200], directory[512], file[FILE_DIGEST_TEXT], mapping[FILE_DIGEST_TEXT];
    snprintf(directory, sizeof directory, "%s/import", config_text(&im->cli->config, "state.dir"));
    if (!file_digest(im->file, file, e) || !file_digest(im->mapping_file, mapping, e)) return false;
    snprintf(key, sizeof key, "%s-%s-%s-%s", im->channel, file, mapping, im->time_name);
    return import_state_open(
        &im->state,
        &(struct import_place){.directory = directory, .key = key, .report = im->report, .again = im->again}, e);
}

static bool run(struct import *im, struct err *e)
{
    if (sodium_init() < 0) return err_set(e, ERR_INTERNAL, "import", "libsodium does not start");
    if (!settings_clock(&im->cli->config, &im->clock, e) || !load_mapping(im, e) || !open_state(im, e)) return false;
    if (im->state.counts.rows > 0) fprintf(stderr, "resuming after row %" PRId64 "\n", im->state.counts.rows);
    im->file_bytes = csvfile_size(im->file);
    bool whole = csvfile_read(im->file, im->mapping.delimiter, on_row, im, e);
    if (whole) im->read_bytes = im->file_bytes;
    /* A file that turns out damaged on the way: what was read of it is handed over all the same. */
    if (!whole && e->code != ERR_DATA) return false;
    bool flushed = flush(im, e);
    show_progress(im, true);
    return whole && flushed;
}

static void print_result(const struct import *im)
{
    const struct import_counts *c = &im->state.counts;
    if (im->cli->json) {
        cli_print_json(json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s}", "channel", im->channel, "file", im->file,
                                 "rows", (json_int_t)c->rows, "accepted", (json_int_t)c->accepted, "duplicates",
                                 (json_int_t)c->duplicates, "refused", (json_int_t)c->refused, "report",
                                 im->state.report));
        return;
    }
    printf("%s: %" PRId64 " rows = %" PRId64 " accepted + %" PRId64 " already known + %" PRId64 " refused\n",
           im->channel, c->rows, c->accepted, c->duplicates, c->refused);
    if (c->refused > 0) printf("why rows were refused: %s\n", im->state.report);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct import *im = state->input;
    switch (key) {
    case 'c': im->channel = arg; return 0;
    case 'm': im->mapping_path = arg; return 0;
    case 't': im->time_name = arg; return 0;
    case 'r': im->report = arg; return 0;
    case 'n': im->limit = cli_number(state, "--limit", arg, 1, INT64_MAX); return 0;
    case 'a': im->again = true; return 0;
    case ARGP_KEY_ARG:
        if (im->file != NULL) return ARGP_ERR_UNKNOWN;
        im->file = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool time_of(const char *name, enum mapping_time *out)
{
    static const char *const names[] = {"now", "replay", "history"};
    for (int i = 0; i < 3; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum mapping_time)i;
            return true;
        }
    return false;
}

static void deinit(struct import *im)
{
    struct seen_row *s, *next;
    HASH_ITER(hh, im->seen, s, next)
    {
        HASH_DEL(im->seen, s); /* NOLINT(clang-analyzer-unix.Malloc): its neighbours are still there */
        free(s);
    }
    import_state_close(&im->state);
    mapping_deinit(&im->mapping);
    arena_deinit(&im->header_arena);
    buf_deinit(&im->row.json);
    buf_deinit(&im->batch);
}

static int import_command(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"channel", 'c', "NAME", 0, "the registered channel the file comes from", 0},
        {"mapping", 'm', "FILE", 0, "mapping file (default: etc/mapping/NAME.json of the state folder)", 0},
        {"time", 't', "now|replay|history", 0, "how the rows' own dates are used (default: now)", 0},
        {"report", 'r', "FILE", 0, "where refused rows are listed", 0},
        {"limit", 'n', "ROWS", 0, "only the first ROWS rows of the file", 0},
        {"again", 'a', 0, 0, "from the first row, whatever an earlier import got done", 0},
        {0}};
    static const struct argp parser = {options, parse, "FILE", "Import a channel's CSV file (plain or gzip).", 0, 0, 0};
    struct import im = {.cli = cli, .time_name = "now"};
    struct err e = ERR_INIT;
    if (argp_parse(&parser, argc, argv, 0, NULL, &im) != 0) return CLI_USAGE;
    if (im.file == NULL || im.channel == NULL) return cli_usage(cli, "needs --channel NAME and FILE");
    if (!time_of(im.time_name, &im.time)) return cli_usage(cli, "--time is one of now, replay, history");
    bool well = run(&im, &e);
    if (well) print_result(&im);
    deinit(&im);
    return well ? CLI_OK : cli_fail(cli, &e);
}

const struct cli_command cli_import_commands[] = {
    {"import", import_command, "hand a channel's CSV file over, row by row"}, {0}};
