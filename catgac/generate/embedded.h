/* embedded.h -- the files that are part of the program, as arrays that embed.cmake writes. */
#ifndef CATGAC_EMBEDDED_H
#define CATGAC_EMBEDDED_H

#include <stddef.h>

typedef struct embedded_file {
    const char *name;           /* below its folder: "c/header.tmpl.h" */
    const unsigned char *bytes; /* with a NUL after them */
    size_t length;
} embedded_file;

/* The files of templates/: the templates and their manual. */
extern const embedded_file embedded_templates[];
extern const size_t embedded_template_count;

/* The schema with which --check-templates renders every template. */
extern const embedded_file embedded_schema;

#endif
