/* Every price is at least a tenth of the highest, and that is a
   cent per kWh or more. With a price of nothing for two bands, the
   bill would be the reading of the third. */
#include <stdint.h>

#define BANDS 3

void policy(uint32_t INPUT_B_price[BANDS])
{
    uint32_t highest = 100;
    _Bool OUTPUT_acceptable = 1;

    for (int i = 0; i < BANDS; i++)
        if (INPUT_B_price[i] > highest)
            highest = INPUT_B_price[i];
    for (int i = 0; i < BANDS; i++)
        if (10 * INPUT_B_price[i] < highest)
            OUTPUT_acceptable = 0;
}
