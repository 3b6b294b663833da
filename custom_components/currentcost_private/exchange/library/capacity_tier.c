/* Which tier of the grid tariff does this month fall into?
 *
 * In Norway, the fixed part of the grid tariff depends on the
 * mean of the month's three highest daily peaks. A daily peak is
 * the highest mean power of a full hour of that day, so the three
 * peaks are of three different days.
 *
 * Your household puts in its three highest daily peaks, in watts.
 * They stay at home. The provider puts in the upper limit of each
 * tier but the last, in watts. All that comes out is the number
 * of the tier:
 *
 *     0        the mean is at most the lowest limit
 *              (with 2000 W: 0 to 2 kW)
 *     1        above the lowest, at most the second lowest
 *     ...
 *     LIMITS   above the highest
 *
 * The order of the peaks makes no difference, nor does the order
 * of the limits. Norwegian grid companies have ten tiers, so nine
 * limits.
 */
#include <stdint.h>

#define LIMITS 9
#define DAYS 3

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

void capacity_tier(uint32_t INPUT_A_peak[DAYS],
                   uint32_t INPUT_B_limit[LIMITS])
{
    uint32_t sum = 0;
    for (int i = 0; i < DAYS; i++)
        sum += INPUT_A_peak[i];

    /* The mean is above a limit where the sum is above three times
       the limit. So nothing is divided, and nothing rounded. */
    uint8_t above[LIMITS];
    for (int i = 0; i < LIMITS; i++)
        above[i] = sum > DAYS * INPUT_B_limit[i];

    uint8_t OUTPUT_tier = count(above);
}
