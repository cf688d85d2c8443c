#include "base/crc.h"

#include <zlib.h>

uint32_t crc_of(const void *bytes, size_t n) { return (uint32_t)crc32_z(0, bytes, n); }
