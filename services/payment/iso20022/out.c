#include "payment/iso20022/out.h"

#include <ctype.h>
#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"
#include "base/utf8.h"
#include "payment/iso20022/xml.h"

enum { AMOUNT_SIZE = 32, IBAN_MAX = 34 };

struct iso_out {
    xmlBuffer *bytes;
    xmlTextWriter *writer;
};

static const xmlChar *xml(const char *text) { return (const xmlChar *)text; }

struct iso_out *iso_out_new(const char *message, const char *element)
{
    struct iso_out *o = calloc(1, sizeof *o);
    if (o == NULL) abort(); /* out of memory (base/arena.h) */
    o->bytes = xmlBufferCreate();
    o->writer = o->bytes != NULL ? xmlNewTextWriterMemory(o->bytes, 0) : NULL;
    if (o->writer == NULL) abort();
    char namespace[80];
    snprintf(namespace, sizeof namespace, ISO_NAMESPACE "%s", message);
    xmlTextWriterSetIndent(o->writer, 1);
    xmlTextWriterStartDocument(o->writer, NULL, "UTF-8", NULL);
    iso_open(o, "Document");
    xmlTextWriterWriteAttribute(o->writer, xml("xmlns"), xml(namespace));
    iso_open(o, element);
    return o;
}

void iso_out_finish(struct iso_out *o, struct buf *to)
{
    xmlTextWriterEndDocument(o->writer);
    xmlFreeTextWriter(o->writer);
    buf_append(to, xmlBufferContent(o->bytes), (size_t)xmlBufferLength(o->bytes));
    xmlBufferFree(o->bytes);
    free(o);
}

void iso_open(struct iso_out *o, const char *element) { xmlTextWriterStartElement(o->writer, xml(element)); }

void iso_close(struct iso_out *o) { xmlTextWriterEndElement(o->writer); }

void iso_put(struct iso_out *o, const char *element, const char *text)
{
    if (text != NULL) xmlTextWriterWriteElement(o->writer, xml(element), xml(text));
}

void iso_put_int(struct iso_out *o, const char *element, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    iso_put(o, element, text);
}

void iso_put_time(struct iso_out *o, const char *element, int64_t ms)
{
    char text[TIMEFMT_SIZE];
    iso_put(o, element, timefmt_utc(ms, text));
}

void iso_put_amount(struct iso_out *o, const char *element, struct money m)
{
    char text[AMOUNT_SIZE] = "";
    iso_amount_format(m, text, sizeof text);
    iso_open(o, element);
    xmlTextWriterWriteAttribute(o->writer, xml("Ccy"), xml(m.currency));
    xmlTextWriterWriteString(o->writer, xml(text));
    iso_close(o);
}

void iso_put_party(struct iso_out *o, const char *element, const char *name)
{
    char cut[MAX140 * 4 + 1];
    iso_open(o, element);
    if (name != NULL && iso_is_text(name, LONG_MAX)) {
        size_t n = utf8_prefix(name, MAX140);
        memcpy(cut, name, n);
        cut[n] = '\0';
        iso_put(o, "Nm", cut);
    }
    iso_close(o);
}

void iso_put_account(struct iso_out *o, const char *element, const char *account)
{
    iso_open(o, element);
    iso_open(o, "Id");
    if (iban_is_valid(account)) {
        iso_put(o, "IBAN", account);
    } else {
        iso_open(o, "Othr");
        iso_put(o, "Id", account);
        iso_close(o);
    }
    iso_close(o);
    iso_close(o);
}

bool iso_is_text(const char *text, long most)
{
    long n = utf8_count(text);
    if (n < 1 || n > most) return false;
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) return false;
    }
    return true;
}

bool iban_is_valid(const char *text)
{
    size_t n = strlen(text);
    int rest = 0;
    if (n < 5 || n > IBAN_MAX || !isupper((unsigned char)text[0]) || !isupper((unsigned char)text[1])) return false;
    if (!isdigit((unsigned char)text[2]) || !isdigit((unsigned char)text[3])) return false;
    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)text[(i + 4) % n];
        if (!isupper(c) && !isdigit(c)) return false;
        rest = isdigit(c) ? (rest * 10 + c - '0') % 97 : (rest * 100 + c - 'A' + 10) % 97;
    }
    return rest == 1;
}
