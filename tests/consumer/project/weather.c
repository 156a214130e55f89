/* Uses one schema of the library only. */

#include "weather.catga.h"

#include <stdio.h>

int main(void)
{
    demo_weather_report report = {.degrees = 21};

    printf("%d degrees\n", (int)report.degrees);
    return 0;
}
