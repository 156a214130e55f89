/* compile: milliseconds that gcc -O2 needs for the C of 1,000 tables with 10 fields. */

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
