/* Identifiers.
 *
 * A case's id carries its partition: id = partition * 2^40 + serial (serial from 1), so routing
 * needs no lookup. Ids stay below 2^53 for partitions < 8192, so JavaScript reads them exactly.
 * A customer's identity (normalised phone, contract number, else channel and sender) decides the
 * partition of a new case (CH-4). */
#ifndef REDRESS_BASE_ID_H
#define REDRESS_BASE_ID_H

#include <stddef.h>
#include <stdint.h>

enum { CASE_SERIAL_BITS = 40 };

static inline int64_t case_id_make(int partition, int64_t serial)
{
    return ((int64_t)partition << CASE_SERIAL_BITS) | serial;
}
static inline int case_id_partition(int64_t case_id) { return (int)(case_id >> CASE_SERIAL_BITS); }
static inline int64_t case_id_serial(int64_t case_id) { return case_id & (((int64_t)1 << CASE_SERIAL_BITS) - 1); }

/* What several cases share (an outlet's deposit) has an id of the same form at the home partition of its key. Its
 * serial follows from the key alone and has the highest bit, which no case's counter reaches. */
int64_t id_account(const char *key, int partitions);
int64_t id_account_serial(const char *key);
static inline int id_is_account(int64_t id) { return (int)(id >> (CASE_SERIAL_BITS - 1)) & 1; }

/* 64-bit FNV-1a, finalised (murmur3 mix) so that low bits are usable. */
uint64_t id_hash(const char *bytes, size_t n);
/* Home partition of a key among `partitions`. */
int id_home(const char *key, int partitions);

#endif
