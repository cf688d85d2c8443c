/* The folder through which a bank is reached by files (PA-3): what is in it, and how it changes so that a crash at any
 * moment, and any number of processes, leave every file whole and every order in it once.
 *
 *   outbox/      KEY.xml, an order for the bank; its software copies it or takes it away
 *   inbox/       the bank's files, brought in by rename, or left alone until they are whole
 *   sent/        KEY.xml, what was ever put into the outbox: never removed while the payout is open
 *   work/        KEY.xml, an order on its way to the outbox
 *   answers/     KEY.json, what the bank has finally said of an order
 *   read/        status reports that have been taken in
 *   statements/  000000001-NAME, statements that have been taken in, numbered in that order
 *   bad/         files nobody could take in, each with NAME.why beside it
 *
 * An order is written to work/, then to sent/, each whole and flushed, then renamed into the outbox. So: not in sent/:
 * never left. In sent/ and in work/: not left yet. In sent/ alone: left, once, whatever became of it there.
 * Changes are made under a lock of the folder, which ends with its process. */
#ifndef REDRESS_PAYMENT_FILES_FOLDER_H
#define REDRESS_PAYMENT_FILES_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum { FILE_NAME_SIZE = 300, FILE_ID_SIZE = 64 };

struct folder; /* opaque */

/* Makes what is missing of it. ERR_CONFIG, ERR_IO. */
struct folder *folder_open(const char *path, struct err *e);
void folder_close(struct folder *f);

/* Nobody else changes the folder until the unlock. */
bool folder_lock(struct folder *f, struct err *e);
void folder_unlock(struct folder *f);

/* Reads PLACE/NAME. false without an error: there is none. */
bool folder_read(struct folder *f, const char *place, const char *name, struct buf *out, struct err *e);
/* Writes PLACE/NAME whole and durable, in place of what was there. */
bool folder_write(struct folder *f, const char *place, const char *name, const struct buf *bytes, struct err *e);
/* A name that PLACE has not: `name`, or with a number behind it; into as (FILE_NAME_SIZE bytes). Under the lock. */
void folder_free_name(struct folder *f, const char *place, const char *name, char *as);
/* Moves FROM/NAME to TO/AS, durable; never over another file. */
struct folder_move {
    const char *name, *from, *to, *as;
};
bool folder_move(struct folder *f, const struct folder_move *move, struct err *e);
bool folder_remove(struct folder *f, const char *place, const char *name, struct err *e);

/* Brings an order to the outbox, unless it is one already. *before is the order as it was sent, which the caller must
 * compare with what he wants: a key is never sent twice. Takes the lock. */
bool folder_send(struct folder *f, const char *name, const struct buf *order, struct buf *before, struct err *e);

/* Names of PLACE in order, hidden ones and those that do not end so left out; free with folder_names_free. */
struct folder_names {
    char **name;
    int n;
};
bool folder_list(struct folder *f, const char *place, const char *ending, struct folder_names *out, struct err *e);
void folder_names_free(struct folder_names *names);
/* What tells PLACE/NAME from any other file that ever had or will have that name; a rename keeps it. false: there is
 * none. */
bool folder_id(struct folder *f, const char *place, const char *name, char id[FILE_ID_SIZE]);
/* Seconds since PLACE/NAME was last written; 0 when there is none. */
int folder_age_s(struct folder *f, const char *place, const char *name);

#endif
