/* template_code.h -- the operations of a template: template_parse.c makes them, template.c runs
 * them. */
#ifndef CATGAC_TEMPLATE_CODE_H
#define CATGAC_TEMPLATE_CODE_H

#include "template/template.h"

enum {
    TEMPLATE_NESTING = 32, /* nesting limit of blocks */
    TEMPLATE_STEPS = 6     /* limit of names in a path */
};

/* A resolved path: from the record in `scope` through `steps`. */
typedef struct path {
    span place;
    size_t scope;                          /* 0: the root record; n: variable of the n-th loop */
    const property *steps[TEMPLATE_STEPS]; /* all except the last are records */
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

/* The body of a block follows it. */
typedef struct operation {
    operation_kind kind;
    slice text;              /* TEXT */
    path of;                 /* all others */
    escape_function *escape; /* ESCAPED */
    bool negated;            /* CONDITION */
    size_t otherwise;        /* CONDITION: first operation of `else`, or `end` */
    size_t end;              /* LOOP, CONDITION: first operation after the block */
} operation;

struct compiled_template {
    const operation *operations;
    size_t operation_count;
};

#endif
