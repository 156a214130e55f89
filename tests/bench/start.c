/* start: milliseconds to check the schema of the shop and write nothing, as a whole process. */

#include "side/process.h"

int main(void)
{
    static const char *const ours[] = {CATGAC, "--check", SHOP ".catga", NULL};
    static const char *const other[] = {"flatc", "--conform", SHOP_FBS, SHOP_FBS, NULL};

    process_compare(&(process_pair){
        .name = "start",
        .who = "flatc --conform",
        .times = 20,
        .ours = ours,
        .other = other,
    });
    return 0;
}
