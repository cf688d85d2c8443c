/* Journal and index of the sandbox bank. Invariants: records[i].seq == i + 1; the index holds every record once;
 * pending holds exactly the lines of the records above `durable`. */
#include "payment/bank/book.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc.h"
#include "base/id.h"

struct book {
    int fd;
    struct payment_record **records;
    int64_t n, cap, durable;
    int64_t *index; /* open addressing; seq, 0 = free */
    size_t index_size;
    struct buf pending;
};

static void index_put(struct book *b, int64_t seq)
{
    const char *key = b->records[seq - 1]->key;
    size_t at = id_hash(key, strlen(key)) & (b->index_size - 1);
    while (b->index[at] != 0) at = (at + 1) & (b->index_size - 1);
    b->index[at] = seq;
}

static void *must(void *p)
{
    if (p == NULL) abort(); /* out of memory: the supervisor restarts (base/arena.h) */
    return p;
}

static void grow(struct book *b)
{
    if (b->n == b->cap) {
        b->cap = b->cap == 0 ? 1024 : b->cap * 2;
        b->records = must(realloc(b->records, (size_t)b->cap * sizeof(struct payment_record *)));
    }
    if ((size_t)(b->n + 1) * 2 <= b->index_size) return;
    free(b->index);
    b->index_size = b->index_size == 0 ? 4096 : b->index_size * 2;
    b->index = must(calloc(b->index_size, sizeof(*b->index)));
    for (int64_t seq = 1; seq <= b->n; seq++) index_put(b, seq);
}

static char *copy(const char *s) { return s == NULL ? NULL : must(strdup(s)); }

static const struct payment_record *remember(struct book *b, const struct payment_record *r)
{
    grow(b);
    struct payment_record *own = must(malloc(sizeof(*own)));
    *own = *r;
    own->seq = b->n + 1;
    own->key = copy(r->key);
    own->payee = copy(r->payee);
    own->payer = copy(r->payer);
    own->reason = copy(r->reason);
    own->file = copy(r->file);
    b->records[b->n++] = own;
    index_put(b, own->seq);
    return own;
}

static bool same_file(const char *a, const char *b) { return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0; }

const struct payment_record *book_find(const struct book *b, const char *key, const char *file)
{
    size_t at = id_hash(key, strlen(key)) & (b->index_size - 1);
    for (; b->index[at] != 0; at = (at + 1) & (b->index_size - 1)) {
        const struct payment_record *r = b->records[b->index[at] - 1];
        if (strcmp(r->key, key) == 0 && same_file(r->file, file)) return r;
    }
    return NULL;
}

const struct payment_record *book_at(const struct book *b, int64_t seq)
{
    return seq >= 1 && seq <= b->n ? b->records[seq - 1] : NULL;
}

int64_t book_last(const struct book *b) { return b->n; }
int64_t book_durable(const struct book *b) { return b->durable; }

static void put_optional(struct buf *line, const char *name, const char *value)
{
    if (value == NULL) return;
    buf_printf(line, ",\"%s\":", name);
    buf_json_string(line, value);
}

const struct payment_record *book_add(struct book *b, const struct payment_record *r)
{
    const struct payment_record *own = remember(b, r);
    struct buf line = BUF_INIT;
    buf_printf(&line, "{\"seq\":%lld,\"key\":", (long long)own->seq);
    buf_json_string(&line, own->key);
    buf_puts(&line, ",\"payee\":");
    buf_json_string(&line, own->payee);
    buf_printf(&line, ",\"amount_minor\":%lld,\"asked_minor\":%lld,\"currency\":\"%s\",\"at_ms\":%lld",
               (long long)own->amount_minor, (long long)own->asked_minor, own->currency, (long long)own->at_ms);
    put_optional(&line, "payer", own->payer);
    put_optional(&line, "file", own->file);
    put_optional(&line, "reason", own->reason);
    buf_putc(&line, '}');
    buf_printf(&b->pending, "%08x %s\n", crc_of(line.bytes, line.len), line.bytes);
    buf_deinit(&line);
    return own;
}

bool book_sync(struct book *b, struct err *e)
{
    size_t done = 0;
    while (done < b->pending.len) {
        ssize_t n = write(b->fd, b->pending.bytes + done, b->pending.len - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_set(e, ERR_IO, "book_sync", "writing the bank's journal: %s", strerror(errno));
        done += (size_t)n;
    }
    if (done > 0 && fdatasync(b->fd) != 0) {
        return err_set(e, ERR_IO, "book_sync", "flushing the bank's journal: %s", strerror(errno));
    }
    buf_reset(&b->pending);
    b->durable = b->n;
    return true;
}

/* One line without its newline. */
static bool load_line(struct book *b, const char *line, size_t n)
{
    unsigned int crc = 0;
    if (n < 10 || sscanf(line, "%8x", &crc) != 1 || line[8] != ' ' || crc_of(line + 9, n - 9) != crc) return false;
    json_t *root = json_loadb(line + 9, n - 9, JSON_REJECT_DUPLICATES, NULL);
    if (root == NULL) return false;
    json_int_t seq = 0, amount = 0, asked = 0, at = 0;
    const char *key = NULL, *payee = NULL, *currency = NULL, *reason = NULL, *payer = NULL, *file = NULL;
    bool well = json_unpack(root, "{s:I,s:s,s:s,s:I,s:I,s:s,s:I,s?s,s?s,s?s}", "seq", &seq, "key", &key, "payee",
                            &payee, "amount_minor", &amount, "asked_minor", &asked, "currency", &currency, "at_ms", &at,
                            "reason", &reason, "payer", &payer, "file", &file) == 0 &&
                seq == b->n + 1 && strlen(currency) == 3;
    if (well) {
        struct payment_record r = {.key = key,
                                   .payee = payee,
                                   .payer = payer,
                                   .reason = reason,
                                   .file = file,
                                   .amount_minor = amount,
                                   .asked_minor = asked,
                                   .at_ms = at,
                                   .refused = reason != NULL};
        memcpy(r.currency, currency, sizeof(r.currency));
        remember(b, &r);
    }
    json_decref(root);
    return well;
}

/* Reads all lines; *good is the length of what could be read. A bad line that is not the last is damage. */
static bool load(struct book *b, FILE *f, off_t *good, struct err *e)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n = 0;
    bool torn = false;
    *good = 0;
    while (!torn && (n = getline(&line, &cap, f)) > 0) {
        torn = line[n - 1] != '\n' || !load_line(b, line, (size_t)n - 1);
        if (!torn) *good += n;
    }
    bool last = !torn || getc(f) == EOF;
    free(line);
    if (ferror(f)) return err_set(e, ERR_IO, "book_open", "reading the bank's journal: %s", strerror(errno));
    if (last) return true;
    return err_set(e, ERR_DATA, "book_open", "the bank's journal is damaged at record %lld: restore it from a copy",
                   (long long)b->n + 1);
}

struct book *book_open(const char *path, struct err *e)
{
    struct book *b = must(calloc(1, sizeof(*b)));
    FILE *f = NULL;
    off_t good = 0;
    grow(b);
    b->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (b->fd < 0) {
        err_set(e, ERR_IO, "book_open", "%s: %s", path, strerror(errno));
        goto fail;
    }
    f = fopen(path, "re");
    if (f == NULL) {
        err_set(e, ERR_IO, "book_open", "%s: %s", path, strerror(errno));
        goto fail;
    }
    if (!load(b, f, &good, e)) goto fail;
    if (ftruncate(b->fd, good) != 0 || lseek(b->fd, good, SEEK_SET) != good || fsync(b->fd) != 0) {
        err_set(e, ERR_IO, "book_open", "%s: %s", path, strerror(errno));
        goto fail;
    }
    fclose(f);
    b->durable = b->n;
    return b;
fail:
    if (f != NULL) fclose(f);
    book_close(b);
    return NULL;
}

void book_close(struct book *b)
{
    if (b == NULL) return;
    if (b->fd >= 0) close(b->fd);
    for (int64_t i = 0; i < b->n; i++) {
        free((void *)b->records[i]->key);
        free((void *)b->records[i]->payee);
        free((void *)b->records[i]->payer);
        free((void *)b->records[i]->reason);
        free((void *)b->records[i]->file);
        free(b->records[i]);
    }
    free(b->records);
    free(b->index);
    buf_deinit(&b->pending);
    free(b);
}
