#include "world.h"
bool contract_check(char *why, int size)
{
    (void)why;
    (void)size;
    return true;
}
