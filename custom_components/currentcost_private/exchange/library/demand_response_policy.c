/* The cap is 500 W or more: a lower one would tell when nobody is
   at home. */
#include <stdint.h>

void policy(uint32_t INPUT_B_cap)
{
    _Bool OUTPUT_acceptable = INPUT_B_cap >= 500;
}
