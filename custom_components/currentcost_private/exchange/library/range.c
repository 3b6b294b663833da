/* In which of the provider's bands is the household's power?
 *
 * Your household puts in one number: its power in watts. It stays
 * at home. The provider puts in three limits, which it keeps to
 * itself as well. All that comes out is OUTPUT_meterCheck:
 *
 *     1   at most the first limit
 *     2   above the first, at most the second
 *     3   above the second, at most the third
 *     0   above the third
 *
 * The limits should rise. Below stands, word for word, the program
 * of the talk "Privacy-Preserving Energy-Reading for Smart Meter"
 * (Costantino, Martinelli 2014).
 */
int range(int x, int y, int z, int t)
{
    int output = 0;
    if ((x >= 0) && (x <= y))       output = 1;
    else if ((x > y) && (x <= z))   output = 2;
    else if ((x > z) && (x <= t))   output = 3;
    return output;
}
void meterCheck(int INPUT_A_x, int INPUT_B_int1, int INPUT_B_int2, int INPUT_B_int3)
{
    int OUTPUT_meterCheck = range(INPUT_A_x, INPUT_B_int1, INPUT_B_int2, INPUT_B_int3);
}
