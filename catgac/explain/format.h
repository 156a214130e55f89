/* format.h -- the output formats of `catgac explain`. */
#ifndef CATGAC_EXPLAIN_FORMAT_H
#define CATGAC_EXPLAIN_FORMAT_H

typedef enum explain_format {
    EXPLAIN_TEXT,
    EXPLAIN_JSON,
    EXPLAIN_DOT,
    EXPLAIN_MERMAID
} explain_format;

#endif
