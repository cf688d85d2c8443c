/* The page's files, read once at start into memory: only what lies in the folder then is ever served. */
#ifndef REDRESS_CONSOLE_SITE_H
#define REDRESS_CONSOLE_SITE_H

#include "base/err.h"
#include "console/http.h"

struct site;
/* NULL with e set when the folder has no index.html. The API's description (/openapi.yaml) is part of the program. */
struct site *site_load(const char *folder, struct err *e);
void site_free(struct site *s);
/* GET of a path: the file, 304, or 404. */
void site_serve(struct request *rq);

#endif
