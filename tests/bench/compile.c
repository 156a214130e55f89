/* compile: milliseconds that gcc -O2 takes for the C that 1,000 tables of 10 fields became. */

#include "side/process.h"

int main(void)
{
    static const char *const ours[] = {"gcc", "-O2",       "-c", "-I" RUNTIME, TABLES ".catga.c",
                                       "-o",  "/dev/null", NULL};
    static const char *const other[] = {"gcc", "-O2",       "-c", TABLES ".pb-c.c",
                                        "-o",  "/dev/null", NULL};

    process_compare(&(process_pair){
        .name = "compile",
        .who = "protobuf-c",
        .times = 1,
        .rounds = 3,
        .ours = ours,
        .other = other,
    });
    return 0;
}
