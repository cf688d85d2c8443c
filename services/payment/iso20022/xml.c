#include "payment/iso20022/xml.h"

#include <inttypes.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/timefmt.h"
#include "base/utf8.h"

enum { AMOUNT_DIGITS = 18, FRACTION_DIGITS = 5, DAY_MS = 86400000 };

/* ---- where ---- */

static int position(const xmlNode *node, bool *alone)
{
    int n = 1;
    *alone = iso_next(node) == NULL;
    for (const xmlNode *at = node->prev; at != NULL; at = at->prev) {
        if (!iso_is(at, (const char *)node->name)) continue;
        n++;
        *alone = false;
    }
    return n;
}

/* "Stmt/Ntry[3]/Amt": from below the message, numbered where there are several. */
static void put_path(const xmlNode *node, struct buf *out)
{
    bool alone = true;
    const xmlNode *above = node->parent;
    if (above == NULL || above->type != XML_ELEMENT_NODE || iso_is(above, "Document")) {
        buf_puts(out, (const char *)node->name);
        return;
    }
    put_path(above, out);
    int n = position(node, &alone);
    buf_printf(out, "/%s", (const char *)node->name);
    if (!alone) buf_printf(out, "[%d]", n);
}

bool iso_bad(struct iso_reader *r, const xmlNode *node, const char *what)
{
    if (r->why[0] != '\0') return false;
    struct buf path = BUF_INIT;
    if (node != NULL) put_path(node, &path);
    snprintf(r->why, sizeof r->why, "%s%s%s", node != NULL ? path.bytes : "", node != NULL ? ": " : "", what);
    buf_deinit(&path);
    return false;
}

/* ---- the document ---- */

/* A name, for a sender's error text: what the parser says, on one line. */
static void parse_failed(struct iso_reader *r)
{
    const xmlError *error = xmlGetLastError();
    char text[200];
    snprintf(text, sizeof text, "line %d: %s", error != NULL ? error->line : 0,
             error != NULL && error->message != NULL ? error->message : "not an XML document");
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '\n') *c = ' ';
    }
    iso_bad(r, NULL, text);
}

const char *iso_reader_init(struct iso_reader *r, const char *bytes, size_t n, struct arena *memory)
{
    *r = (struct iso_reader){.memory = memory};
    if (n > ISO_FILE_MAX) {
        iso_bad(r, NULL, "longer than 16 MiB");
        return NULL;
    }
    r->doc = xmlReadMemory(bytes, (int)n, "file", NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlNode *root = r->doc != NULL ? xmlDocGetRootElement(r->doc) : NULL;
    r->is_xml = root != NULL;
    if (root == NULL) {
        parse_failed(r);
        return NULL;
    }
    const char *ns = root->ns != NULL ? (const char *)root->ns->href : "";
    if (r->doc->intSubset != NULL)
        iso_bad(r, NULL, "a document type declaration, which no message has");
    else if (!iso_is(root, "Document") || strncmp(ns, ISO_NAMESPACE, strlen(ISO_NAMESPACE)) != 0)
        iso_bad(r, root, "no ISO 20022 Document");
    return r->why[0] == '\0' ? ns + strlen(ISO_NAMESPACE) : NULL;
}

void iso_reader_deinit(struct iso_reader *r) { xmlFreeDoc(r->doc); }

const xmlNode *iso_message(struct iso_reader *r, const char *name)
{
    return r->why[0] == '\0' ? iso_need(r, xmlDocGetRootElement(r->doc), name) : NULL;
}

/* ---- elements ---- */

bool iso_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

const xmlNode *iso_next(const xmlNode *node)
{
    for (const xmlNode *at = node->next; at != NULL; at = at->next) {
        if (iso_is(at, (const char *)node->name)) return at;
    }
    return NULL;
}

/* The child whose name is the first `n` bytes of name. */
static const xmlNode *child(const xmlNode *under, const char *name, size_t n)
{
    for (const xmlNode *at = under->children; at != NULL; at = at->next) {
        if (at->type == XML_ELEMENT_NODE && strlen((const char *)at->name) == n &&
            strncmp((const char *)at->name, name, n) == 0)
            return at;
    }
    return NULL;
}

const xmlNode *iso_find(struct iso_reader *r, const xmlNode *under, const char *name)
{
    if (r->why[0] != '\0') return NULL;
    while (under != NULL) {
        size_t n = strcspn(name, "/");
        under = child(under, name, n);
        if (name[n] == '\0') break;
        name += n + 1;
    }
    return under;
}

const xmlNode *iso_need(struct iso_reader *r, const xmlNode *under, const char *name)
{
    if (under == NULL) return NULL;
    const xmlNode *found = iso_find(r, under, name);
    if (found == NULL && r->why[0] == '\0') {
        char what[80];
        snprintf(what, sizeof what, "%s is missing", name);
        iso_bad(r, under, what);
    }
    return found;
}

/* ---- values ---- */

/* The text of an element without elements of its own, white space around it cut off. */
static const char *text_of(struct iso_reader *r, const xmlNode *node)
{
    xmlChar *content = xmlNodeGetContent(node);
    const char *from = content != NULL ? (const char *)content : "";
    from += strspn(from, " \t\r\n");
    size_t n = strlen(from);
    while (n > 0 && strchr(" \t\r\n", from[n - 1]) != NULL) n--;
    const char *text = arena_printf(r->memory, "%.*s", (int)n, from);
    xmlFree(content);
    return text;
}

const char *iso_text(struct iso_reader *r, const xmlNode *node, size_t most)
{
    if (node == NULL || r->why[0] != '\0') return NULL;
    const char *text = text_of(r, node);
    if (text[0] == '\0')
        iso_bad(r, node, "is empty");
    else if (utf8_count(text) > (long)most)
        iso_bad(r, node, "is too long");
    return r->why[0] == '\0' ? text : NULL;
}

/* NULL, or what is wrong. */
static const char *parse_decimal(const char *text, int exponent, int64_t *minor)
{
    size_t whole = strspn(text, "0123456789");
    const char *point = text + whole;
    size_t fraction = *point == '.' ? strspn(point + 1, "0123456789") : 0;
    if (whole + fraction == 0 || (*point == '.' ? point[1 + fraction] : *point) != '\0') return "is no decimal number";
    if (whole + fraction > AMOUNT_DIGITS) return "has more than 18 digits";
    if (fraction > FRACTION_DIGITS) return "has more than 5 decimals";
    *minor = 0;
    for (size_t i = 0; i < whole; i++) *minor = *minor * 10 + (text[i] - '0');
    for (size_t i = 0; i < fraction || (int)i < exponent; i++) {
        int digit = i < fraction ? point[1 + i] - '0' : 0;
        if ((int)i >= exponent && digit != 0) return "has more decimals than its currency";
        if ((int)i < exponent && __builtin_mul_overflow(*minor, 10, minor)) return "is too large";
        if ((int)i < exponent) *minor += digit;
    }
    return NULL;
}

bool iso_amount(struct iso_reader *r, const xmlNode *node, struct money *out)
{
    if (node == NULL || r->why[0] != '\0') return false;
    xmlChar *ccy = xmlGetNoNsProp(node, (const xmlChar *)"Ccy");
    int exponent = ccy != NULL ? money_exponent((const char *)ccy) : -1;
    *out = (struct money){0};
    const char *what = ccy == NULL    ? "has no Ccy"
                       : exponent < 0 ? "its Ccy is no currency of ISO 4217"
                                      : parse_decimal(text_of(r, node), exponent, &out->minor);
    if (what == NULL) memcpy(out->currency, ccy, 3);
    xmlFree(ccy);
    return what == NULL || iso_bad(r, node, what);
}

bool iso_time(struct iso_reader *r, const xmlNode *node, int64_t *ms)
{
    const char *text = iso_text(r, node, MAX35);
    if (text == NULL) return false;
    if (timefmt_parse(text, ms)) return true;
    char full[48];
    bool day = strlen(text) == 10;
    snprintf(full, sizeof full, day ? "%.32sT00:00:00Z" : "%.32sZ", text); /* without a zone: UTC */
    if (!timefmt_parse(full, ms)) return iso_bad(r, node, "is no date and time");
    if (day) *ms += DAY_MS;
    return true;
}

bool iso_amount_format(struct money m, char *buf, size_t size)
{
    int exponent = money_exponent(m.currency);
    int64_t unit = exponent == 3 ? 1000 : exponent == 2 ? 100 : 1;
    if (exponent < 0 || m.minor <= 0 || m.minor > INT64_C(999999999999999999)) return false;
    int n = exponent == 0 ? snprintf(buf, size, "%" PRId64, m.minor)
                          : snprintf(buf, size, "%" PRId64 ".%0*" PRId64, m.minor / unit, exponent, m.minor % unit);
    return n > 0 && (size_t)n < size;
}
