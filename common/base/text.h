/* What somebody wrote. */
#ifndef REDRESS_BASE_TEXT_H
#define REDRESS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Said at all, and not the empty text. */
static inline bool text_is_filled(const char *text) { return text != NULL && text[0] != '\0'; }

#endif
