/* The steps of a demonstration; see checks.h. */
#include "checks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void step(shop_checks *self, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(self->current, sizeof self->current, format, arguments);
    va_end(arguments);
    printf("[%s] %s\n", self->program, self->current);
}

void step_gave(const shop_checks *self, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printf("[%s]   -> %s\n", self->program, text);
}

static bool expect(shop_checks *self, bool holds, const char *what, const char *got,
                   const char *wanted)
{
    if (holds)
        return true;
    self->failures++;
    printf("[%s] FAILED: %s: %s is %s, and should be %s\n", self->program, self->current, what, got,
           wanted);
    return false;
}

bool expect_true(shop_checks *self, const char *what, bool got)
{
    return expect(self, got, what, "false", "true");
}

bool expect_status(shop_checks *self, const char *what, catga_status got, catga_status wanted)
{
    return expect(self, got == wanted, what, catga_status_name(got), catga_status_name(wanted));
}

bool expect_number(shop_checks *self, const char *what, int64_t got, int64_t wanted)
{
    char got_text[24];
    char wanted_text[24];

    snprintf(got_text, sizeof got_text, "%" PRId64, got);
    snprintf(wanted_text, sizeof wanted_text, "%" PRId64, wanted);
    return expect(self, got == wanted, what, got_text, wanted_text);
}

bool expect_money(shop_checks *self, const char *what, int64_t got, int64_t wanted)
{
    char got_text[CATGA_DECIMAL_TEXT];
    char wanted_text[CATGA_DECIMAL_TEXT];

    catga_decimal_text(got, 2, got_text);
    catga_decimal_text(wanted, 2, wanted_text);
    return expect(self, got == wanted, what, got_text, wanted_text);
}

bool expect_text(shop_checks *self, const char *what, catga_string got, const char *wanted)
{
    char got_text[256];
    char wanted_text[256];

    snprintf(got_text, sizeof got_text, "\"%.*s\"", CATGA_PRINT(got));
    snprintf(wanted_text, sizeof wanted_text, "\"%s\"", wanted);
    return expect(self, catga_string_equal(got, catga_str(wanted)), what, got_text, wanted_text);
}
