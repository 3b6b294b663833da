/* The limits rise, and no band is narrower than 100 W. */
#include <stdint.h>

#define LIMITS 7
#define NARROWEST 100

void policy(uint32_t INPUT_B_limit[LIMITS])
{
    _Bool OUTPUT_acceptable = INPUT_B_limit[0] >= NARROWEST;

    for (int i = 1; i < LIMITS; i++)
        if (INPUT_B_limit[i] < INPUT_B_limit[i - 1] + NARROWEST)
            OUTPUT_acceptable = 0;
}
