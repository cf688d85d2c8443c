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

int64_t id_account_serial(const char *key)
{
    const int64_t highest = INT64_C(1) << (CASE_SERIAL_BITS - 1);
    return highest | (int64_t)((id_hash(key, strlen(key)) >> 8) & (uint64_t)(highest - 1));
}

int64_t id_account(const char *key, int partitions)
{
    return case_id_make(id_home(key, partitions), id_account_serial(key));
}
