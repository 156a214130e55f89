/* template_code.h -- what a template becomes: made by template_parse.c, run by template.c. */
#ifndef CATGAC_TEMPLATE_CODE_H
#define CATGAC_TEMPLATE_CODE_H

#include "template/template.h"

enum {
    TEMPLATE_NESTING = 32, /* blocks inside each other */
    TEMPLATE_STEPS = 6     /* names in one path */
};

/* A name in the template, resolved: from the record in `scope` through `steps`. */
typedef struct path {
    span place;
    size_t scope; /* 0: the root record; n: the variable of the n-th loop */
    const property *steps[TEMPLATE_STEPS]; /* all but the last are records */
    size_t step_count;                     /* 0: the variable itself */
} path;

typedef void escape_function(slice text, buffer *out);

typedef enum operation_kind {
    OPERATION_TEXT,
    OPERATION_IDENTIFIER,
    OPERATION_NUMBER,
    OPERATION_ESCAPED,
    OPERATION_LOOP,
    OPERATION_CONDITION
} operation_kind;

/* The body of a block is the operations that follow it. */
typedef struct operation {
    operation_kind kind;
    slice text;              /* TEXT */
    path of;                 /* all others */
    escape_function *escape; /* ESCAPED */
    bool negated;            /* CONDITION */
    size_t otherwise;        /* CONDITION: where its else begins; `end` when it has none */
    size_t end;              /* LOOP, CONDITION: the first operation behind the block */
} operation;

struct compiled_template {
    const operation *operations;
    size_t operation_count;
};

#endif
