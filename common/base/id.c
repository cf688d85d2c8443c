#include "base/id.h"

#include <string.h>

uint64_t id_hash(const char *bytes, size_t n)
{
    uint64_t h = 14695981039346656037ULL;
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)bytes[i]) * 1099511628211ULL;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53ULL;
    return h ^ (h >> 33);
}

int id_home(const char *key, int partitions) { return (int)(id_hash(key, strlen(key)) % (uint64_t)partitions); }
