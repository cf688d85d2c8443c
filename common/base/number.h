/* Whole numbers as people and files write them. */
#ifndef REDRESS_BASE_NUMBER_H
#define REDRESS_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* true only when the whole text is one decimal number: digits, at most one '-' before them, no space, within int64. */
bool number_parse(const char *text, int64_t *out);

#endif
