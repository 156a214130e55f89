/* The address of a collector. */
#ifndef CATGA_OTLP_URL_H
#define CATGA_OTLP_URL_H

#include <catga/catga.h>

/* Sets *url to an address of http or https, with `path` added to its path. Returns CATGA_OK;
 * CATGA_INVALID_ARGUMENT if `text` is no such address; CATGA_NO_MEMORY. The caller frees *url,
 * which may be NULL. */
catga_status otlp_url_make(char **url, const char *text, const char *path);
void otlp_url_free(char *url);

#endif
