/* The scripts that run in the server: each changes several keys at once. */
#ifndef CATGA_REDIS_SCRIPTS_H
#define CATGA_REDIS_SCRIPTS_H

typedef enum catga_redis_script {
#define SCRIPT(name, ...) CATGA_REDIS_##name,
#include "scripts.def"
#undef SCRIPT
    CATGA_REDIS_SCRIPTS
} catga_redis_script;

/* size of the SHA-1 of a script, as the server writes it */
#define CATGA_REDIS_SHA 41

/* Returns the text of a script. */
const char *catga_redis_script_text(catga_redis_script script);

#endif
