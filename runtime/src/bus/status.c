/* Looks up names, sentences and wire codes of outcomes, all from status.def. */
#include "bus/status.h"

typedef struct status_facts {
    const char *name;
    const char *text;
    uint32_t code;
} status_facts;

static const status_facts facts[CATGA_STATUS_COUNT] = {
#define STATUS(name, code, sentence) [CATGA_##name] = {"CATGA_" #name, sentence, code},
#include <catga/status.def>
#undef STATUS
};

static const status_facts unknown = {"CATGA_UNKNOWN", "not a status of this library", 0};

static const status_facts *find(catga_status status)
{
    return (unsigned)status < CATGA_STATUS_COUNT ? &facts[status] : &unknown;
}

const char *catga_status_name(catga_status status)
{
    return find(status)->name;
}

const char *catga_status_text(catga_status status)
{
    return find(status)->text;
}

uint32_t catga_status_code(catga_status status)
{
    return find(status)->code;
}

catga_status catga_status_of_code(uint32_t code)
{
    for (unsigned status = 0; status < CATGA_STATUS_COUNT; status++)
        if (facts[status].code == code && code != 0)
            return (catga_status)status;
    return CATGA_HANDLER_FAILED;
}
