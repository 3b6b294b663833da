/* The contracted power is 1 kW or more: a lower one would tell on
   how many days somebody was at home. */
#include <stdint.h>

void policy(uint32_t INPUT_B_contracted)
{
    _Bool OUTPUT_acceptable = INPUT_B_contracted >= 1000;
}
