/* Messages held against the published rules, which tests/unit/iso20022/ states for the part of them that is used. */
#ifndef TESTS_UNIT_ISO_KIT_H
#define TESTS_UNIT_ISO_KIT_H

#include <criterion/criterion.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char iso_fault[400]; /* what the last message breaks */

static inline void __attribute__((format(printf, 2, 3))) iso_take_fault(void *ctx, const char *fmt, ...)
{
    va_list args;
    (void)ctx;
    va_start(args, fmt);
    if (iso_fault[0] == '\0') vsnprintf(iso_fault, sizeof iso_fault, fmt, args);
    va_end(args);
}

/* Whether the bytes are a message as its rules want it; else iso_fault says what is wrong. */
static inline bool iso_is_valid(const char *message, const char *bytes, size_t n)
{
    char path[300];
    snprintf(path, sizeof path, REDRESS_SOURCE_DIR "/tests/unit/iso20022/%s.xsd", message);
    iso_fault[0] = '\0';
    xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(path);
    xmlSchema *schema = xmlSchemaParse(parser);
    cr_assert_not_null(schema, "%s", path);
    xmlSchemaValidCtxt *valid = xmlSchemaNewValidCtxt(schema);
    xmlSchemaSetValidErrors(valid, iso_take_fault, iso_take_fault, NULL);
    xmlDoc *doc = xmlReadMemory(bytes, (int)n, "message", NULL, XML_PARSE_NONET);
    bool well = doc != NULL && xmlSchemaValidateDoc(valid, doc) == 0;
    xmlFreeDoc(doc);
    xmlSchemaFreeValidCtxt(valid);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
    return well;
}

static inline void iso_must_be_valid(const char *message, const char *bytes, size_t n)
{
    cr_assert(iso_is_valid(message, bytes, n), "%s: %s\n%.*s", message, iso_fault, (int)n, bytes);
}

#endif
