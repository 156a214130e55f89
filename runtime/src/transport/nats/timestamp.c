#include "transport/nats/timestamp.h"

#include "base/clock.h"

#include <stdio.h>

enum { TEXT = 40 };

/* Returns the days from 1970-01-01 to a date of the Gregorian calendar, from 1970 on. */
static int64_t days_before(int64_t year, int64_t month, int64_t day)
{
    static const int16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t past = year - (month <= 2);
    int64_t leap_days = past / 4 - past / 100 + past / 400 - 477;

    return (year - 1970) * 365 + leap_days + before[month - 1] + day - 1;
}

/* Returns the digits behind the point as nanoseconds; no digits are 0. */
static int64_t fraction_ns(const char *text)
{
    int64_t scale = CATGA_SECOND / 10;
    int64_t fraction_ns = 0;

    if (*text != '.')
        return 0;
    for (text++; *text >= '0' && *text <= '9' && scale > 0; text++, scale /= 10)
        fraction_ns += (*text - '0') * scale;
    return fraction_ns;
}

int64_t catga_nats_timestamp(catga_string text)
{
    int year, month, day, hour, minute, second, end = 0;
    char copy[TEXT];
    bool quoted = text.length > 0 && text.data[0] == '"';

    snprintf(copy, sizeof copy, "%.*s", (int)(text.length < TEXT ? text.length : TEXT - 1),
             text.data == NULL ? "" : text.data);
    if (sscanf(copy + quoted, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute,
               &second, &end) != 6)
        return 0;
    bool is_valid = year >= 1970 && year < 2262 && month >= 1 && month <= 12 && day >= 1 &&
                    day <= 31 && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 &&
                    second >= 0 && second <= 60;
    if (!is_valid)
        return 0;
    int64_t seconds = ((days_before(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return seconds * CATGA_SECOND + fraction_ns(copy + quoted + end);
}
