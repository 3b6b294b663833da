/* Did the household stay at or below its cap all the time?
 *
 * When the grid is short of power, the provider pays those who
 * draw little for two hours. Your household puts in its mean power
 * of each quarter of an hour of these, in watts. The numbers stay
 * at home. The provider puts in the cap, in watts. All that comes
 * out is
 *
 *     1   at or below the cap in every quarter of an hour
 *     0   above it in at least one; not in which, and not by
 *         how much
 *
 * For a longer or shorter time, change the 8.
 */
#include <stdint.h>

#define QUARTERS 8

void demand_response(uint32_t INPUT_A_power[QUARTERS],
                     uint32_t INPUT_B_cap)
{
    int OUTPUT_stayed = 1;

    for (int i = 0; i < QUARTERS; i++)
        if (INPUT_A_power[i] > INPUT_B_cap)
            OUTPUT_stayed = 0;
}
