/* Reading ISO 20022 messages with libxml2: a field that is missing or not as its type says is an error that names the
 * field by its path. No network, no external entities, no DTD. The first error stays; after one every call gives NULL
 * or false, so that a reader may go straight through a message and ask once at its end. */
#ifndef REDRESS_PAYMENT_ISO20022_XML_H
#define REDRESS_PAYMENT_ISO20022_XML_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/money.h"

enum { ISO_WHY_SIZE = 320, ISO_FILE_MAX = 16 << 20, MAX35 = 35, MAX140 = 140 };

struct iso_reader {
    xmlDoc *doc;
    struct arena *memory;   /* of the texts handed out */
    bool is_xml;            /* the bytes were a whole XML document */
    char why[ISO_WHY_SIZE]; /* "" while all is well */
};

/* "urn:iso:std:iso:20022:tech:xsd:" and a message's name is its namespace. */
#define ISO_NAMESPACE "urn:iso:std:iso:20022:tech:xsd:"

/* Parses; the message's name ("pain.002.001.10"), or NULL when it is none. */
const char *iso_reader_init(struct iso_reader *r, const char *bytes, size_t n, struct arena *memory);
void iso_reader_deinit(struct iso_reader *r);
/* Document's only child, by name. */
const xmlNode *iso_message(struct iso_reader *r, const char *name);

/* `name` may be a path "Refs/EndToEndId"; the first of several. */
const xmlNode *iso_find(struct iso_reader *r, const xmlNode *under, const char *name);
/* The same, and an error when it is not there. */
const xmlNode *iso_need(struct iso_reader *r, const xmlNode *under, const char *name);
/* The next sibling of the same name. */
const xmlNode *iso_next(const xmlNode *node);
bool iso_is(const xmlNode *node, const char *name);

/* Text of 1 to `most` characters. NULL for NULL. */
const char *iso_text(struct iso_reader *r, const xmlNode *node, size_t most);
/* An amount with its Ccy. false for NULL. */
bool iso_amount(struct iso_reader *r, const xmlNode *node, struct money *out);
/* An ISODateTime or an ISODate, which is its end. false for NULL. */
bool iso_time(struct iso_reader *r, const xmlNode *node, int64_t *ms);
/* Notes an error at this field, unless there is one. Always false. */
bool iso_bad(struct iso_reader *r, const xmlNode *node, const char *what);

/* An amount as an ActiveOrHistoricCurrencyAndAmount: the currency's decimals, no sign, no thousands ("12.50", "7",
 * "1.234"). false: not more than 18 digits can be said. */
bool iso_amount_format(struct money m, char *buf, size_t size);

#endif
