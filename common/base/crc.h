/* CRC-32 (IEEE 802.3), the checksum of records (protocol: `mark`) and of the sandbox bank's journal. */
#ifndef REDRESS_BASE_CRC_H
#define REDRESS_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc_of(const void *bytes, size_t n);

#endif
