/* The contracted power is 1 kW or more: a lower one would tell on which days
   somebody was at home. */
#include <stdint.h>

void policy(uint32_t INPUT_B_contracted)
{
    _Bool OUTPUT_acceptable = INPUT_B_contracted >= 1000;
}
