/* Scope cleanup for the shell (never in cores, never together with goto in one function). */
#ifndef REDRESS_BASE_CLEANUP_H
#define REDRESS_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p) { free(*(void **)p); }
static inline void cleanup_close(const int *fd)
{
    if (*fd >= 0) close(*fd);
}
static inline void cleanup_fclose(FILE **f)
{
    if (*f != NULL) fclose(*f);
}

#define AUTO_FREE __attribute__((cleanup(cleanup_free)))
#define AUTO_CLOSE __attribute__((cleanup(cleanup_close)))
#define AUTO_FCLOSE __attribute__((cleanup(cleanup_fclose)))

#endif
