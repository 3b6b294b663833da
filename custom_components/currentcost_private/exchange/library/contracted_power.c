/* On how many days of a month was the household above its
 * contracted power?
 *
 * Your household puts in the highest power of each day, in watts,
 * one number a day. In a month of fewer than 31 days, and for a day
 * on which nothing was measured, it puts in 0. These numbers stay
 * at home. The provider puts in the contracted power, in watts. All
 * that comes out is the number of days, from 0 to 31, on which the
 * highest power was above the contracted one; not which days, and
 * not by how much.
 *
 * Why the peaks are put in, and not a count that the household made
 * itself: a daily peak is what the meter measured, whatever the
 * question. The rule that makes the count of them stands here,
 * where both sides can read it.
 */
#include <stdint.h>

#define DAYS 31

/* Returns how many of the flags are 1. They are added in pairs,
   then these sums in pairs, and so on: fewer gates than one
   after the other. */
uint8_t count(uint8_t flag[DAYS])
{
    for (int step = 1; step < DAYS; step *= 2)
        for (int i = 0; i + step < DAYS; i += 2 * step)
            flag[i] += flag[i + step];
    return flag[0];
}

void contracted_power(uint32_t INPUT_A_peak[DAYS],
                      uint32_t INPUT_B_contracted)
{
    uint8_t above[DAYS];
    for (int day = 0; day < DAYS; day++)
        above[day] = INPUT_A_peak[day] > INPUT_B_contracted;

    uint8_t OUTPUT_days = count(above);
}
