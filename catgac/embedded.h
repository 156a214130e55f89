/* embedded.h -- the files that are part of the program: what embed.cmake makes of templates/. */
#ifndef CATGAC_EMBEDDED_H
#define CATGAC_EMBEDDED_H

#include <stddef.h>

typedef struct embedded_file {
    const char *name;           /* below its folder: "c/header.tmpl.h" */
    const unsigned char *bytes; /* with a NUL behind them */
    size_t length;
} embedded_file;

extern const embedded_file embedded_files[];
extern const size_t embedded_file_count;

#endif
