#include "scripts.h"

const char *catga_redis_script_text(catga_redis_script script)
{
    static const char *const texts[] = {
#define SCRIPT(name, ...) __VA_ARGS__,
#include "scripts.def"
#undef SCRIPT
    };

    return texts[script];
}
