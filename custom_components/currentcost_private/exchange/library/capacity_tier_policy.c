/* The limits rise, and no tier is narrower than 1 kW. */
#include <stdint.h>

#define LIMITS 9
#define NARROWEST 1000

void policy(uint32_t INPUT_B_limit[LIMITS])
{
    _Bool OUTPUT_acceptable = INPUT_B_limit[0] >= NARROWEST;

    for (int i = 1; i < LIMITS; i++)
        if (INPUT_B_limit[i] < INPUT_B_limit[i - 1] + NARROWEST)
            OUTPUT_acceptable = 0;
}
