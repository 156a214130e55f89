/* embedded.h -- the files that are part of the program: what embed.cmake makes of them. */
#ifndef CATGAC_EMBEDDED_H
#define CATGAC_EMBEDDED_H

#include <stddef.h>

typedef struct embedded_file {
    const char *name;           /* below its folder: "c/header.tmpl.h" */
    const unsigned char *bytes; /* with a NUL behind them */
    size_t length;
} embedded_file;

/* What is in templates/: the templates and their manual. */
extern const embedded_file embedded_templates[];
extern const size_t embedded_template_count;

/* The schema that --check-templates fills every template with. */
extern const embedded_file embedded_schema;

#endif
