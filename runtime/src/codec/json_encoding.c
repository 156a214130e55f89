/* Payloads of JSON: a program links this file if one of its messages is so encoded. */
#include <catga/gen.h>

/* Newer programs may send members that this schema does not have. */
static catga_status read(const catga_table *table, const char *bytes, size_t length, void *native,
                         catga_arena *arena, catga_problem *problem)
{
    return catga_json_read(table, bytes, length, CATGA_SKIP_UNKNOWN, native, arena, problem);
}

const catga_encoding catga_json_encoding = {read, catga_json_write};
