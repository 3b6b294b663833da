/* What does the energy cost, when its price depends on the hour?
 *
 * Your household puts in how much energy it used in each of the
 * three price bands, in watt-hours (1000 Wh are 1 kWh). These
 * numbers stay at home. The provider puts in its three prices, in
 * hundredths of a cent per kWh: 28.35 cents are 2835. All that
 * comes out is the total in whole cents, as on a bill.
 *
 * Only the total is rounded, once, to the nearest cent; half a
 * cent goes up.
 *
 * With energies of 20 bits (at most 1048.575 kWh a band) and prices
 * of 14 bits (at most 163.83 cents) the total is at most 515 364
 * cents. The sum is made in 64 bits, so that nothing can overflow
 * at any width up to 30 bits a number.
 */
#include <stdint.h>

#define BANDS 3

/* 1000 Wh in a kWh, times 100 hundredths of a cent. */
#define UNITS_PER_CENT 100000

void time_of_use_bill(uint32_t INPUT_A_energy[BANDS],
                      uint32_t INPUT_B_price[BANDS])
{
    uint64_t sum = 0;
    uint32_t OUTPUT_cents;

    for (int i = 0; i < BANDS; i++)
        sum += (uint64_t)INPUT_A_energy[i] * INPUT_B_price[i];

    OUTPUT_cents = (sum + UNITS_PER_CENT / 2) / UNITS_PER_CENT;
}
