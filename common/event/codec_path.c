/* Writes a walker's place as a JSON path. */
#include "event/codec_path.h"

#include <stdio.h>
#include <string.h>

void codec_path_write(const struct codec_path *p, char *text, size_t size)
{
    if (!p) {
        snprintf(text, size, "$");
        return;
    }
    codec_path_write(p->up, text, size);
    size_t used = strlen(text);
    if (p->name)
        snprintf(text + used, size - used, ".%s", p->name);
    else
        snprintf(text + used, size - used, "[%d]", p->index);
}
