/* Conversions of values from and to text, and names of streams, in C and C++. */
#include "usage.catga.h"

#include <assert.h>

#if CASE == 1 /* says: unused.result|ignoring return value */
void ignored(int64_t *value);
void ignored(int64_t *value)
{
    catga_decimal_parse(CATGA_STR("1"), 2, value);
}
#endif

int main(void)
{
    char text[CATGA_UUID_TEXT];
    char amount_text[CATGA_DECIMAL_TEXT];
    char pause_text[CATGA_DURATION_TEXT];
    char time_text[CATGA_TIMESTAMP_TEXT];
    int64_t amount;
    int64_t pause;
    int64_t time;
    catga_uuid read;
    const catga_uuid made = catga_uuid_random();

    assert(catga_uuid_parse(catga_str(catga_uuid_text(made, text)), &read));
    assert(memcmp(&read, &made, sizeof made) == 0);
    assert(catga_decimal_parse(CATGA_STR("5999.99"), 2, &amount) && amount == 599999);
    assert(strcmp(catga_decimal_text(amount, 2, amount_text), "5999.99") == 0);
    assert(catga_duration_parse(CATGA_STR("1.5s"), &pause) && pause == 1500000000);
    assert(strcmp(catga_duration_text(pause, pause_text), "1.5s") == 0);
    assert(catga_timestamp_parse(CATGA_STR("1970-01-01T01:00:01+01:00"), &time));
    assert(time == 1000000000);
    assert(strcmp(catga_timestamp_text(time, time_text), "1970-01-01T00:00:01Z") == 0);
    assert(!catga_timestamp_parse(CATGA_STR("tomorrow"), &time));
    assert(strcmp(TEST_USAGE_SHIPPED_STREAM, "TEST_USAGE_V1") == 0);
    return 0;
}
