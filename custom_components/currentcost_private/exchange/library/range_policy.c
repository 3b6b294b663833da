/* The limits rise, and no band is narrower than 100 W. */
#define NARROWEST 100

void policy(int INPUT_B_int1, int INPUT_B_int2, int INPUT_B_int3)
{
    _Bool OUTPUT_acceptable = INPUT_B_int1 >= NARROWEST
        && INPUT_B_int2 >= INPUT_B_int1 + NARROWEST
        && INPUT_B_int3 >= INPUT_B_int2 + NARROWEST;
}
