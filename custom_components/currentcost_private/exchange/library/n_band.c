/* In which of many bands is the household's power?
 *
 * Your household puts in one number: its power in watts. It stays
 * at home. The provider puts in LIMITS limits, which it keeps to
 * itself as well. All that comes out is how many of these limits
 * the power is above:
 *
 *     0        at most the lowest limit
 *     1        above the lowest, at most the second lowest
 *     ...
 *     LIMITS   above the highest
 *
 * The order in which the provider gives its limits makes no
 * difference. For another number of bands, change the 7: there is
 * one band more than there are limits.
 */
#include <stdint.h>

#define LIMITS 7

/* Returns how many of the flags are 1. They are added in pairs,
   then these sums in pairs, and so on: fewer gates than one
   after the other. */
uint8_t count(uint8_t flag[LIMITS])
{
    for (int step = 1; step < LIMITS; step *= 2)
        for (int i = 0; i + step < LIMITS; i += 2 * step)
            flag[i] += flag[i + step];
    return flag[0];
}

void n_band(uint32_t INPUT_A_power, uint32_t INPUT_B_limit[LIMITS])
{
    uint8_t above[LIMITS];
    for (int i = 0; i < LIMITS; i++)
        above[i] = INPUT_A_power > INPUT_B_limit[i];

    uint8_t OUTPUT_band = count(above);
}
