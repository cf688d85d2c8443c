/* Offsets of a zone, both ways. A local time may have no instant (gap), one, or two (overlap). */
#include "calendar/zone.h"

enum { DAY_S = 86400, SLACK_S = 2 * DAY_S }; /* no offset, and no change of one, exceeds a day */

static int zone_segment(const struct zone *z, int64_t utc_s)
{
    int low = 0, high = z->n - 1;
    while (low < high) {
        int mid = low + (high - low + 1) / 2;
        if (z->at_s[mid] <= utc_s)
            low = mid;
        else
            high = mid - 1;
    }
    return low;
}

int32_t zone_offset_s(const struct zone *z, int64_t utc_s) { return z->offset_s[zone_segment(z, utc_s)]; }

int64_t zone_to_utc_s(const struct zone *z, int64_t local_s, enum zone_side side)
{
    int64_t found = INT64_MIN;
    for (int k = zone_segment(z, local_s - SLACK_S); k < z->n; k++) {
        if (k > 0 && z->at_s[k] > local_s + SLACK_S) break;
        int64_t utc = local_s - z->offset_s[k];
        if (k > 0 && utc < z->at_s[k]) {
            /* This segment begins later on the local clock. Not seen before: it is in the gap. */
            if (found == INT64_MIN) found = z->at_s[k];
            break;
        }
        if (k + 1 < z->n && utc >= z->at_s[k + 1]) continue;
        found = utc;
        if (side == ZONE_EARLIER) break;
    }
    return found;
}

int64_t zone_local_day(const struct zone *z, int64_t utc_ms)
{
    int64_t s = utc_ms / 1000 - (utc_ms % 1000 < 0);
    int64_t local = s + zone_offset_s(z, s);
    return local / DAY_S - (local % DAY_S < 0);
}
