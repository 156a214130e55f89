/*
 * defaults.h: how the generated macro of a table, such as SHOP_ORDERS_CREATE_ORDER(.quantity = 3),
 * makes a struct whose unnamed fields have the defaults of the schema. catga.h includes this header
 * and is the manual.
 *
 * In C the macro is a compound literal: the defaults come first, and the caller's designators
 * override them. Compilers warn about such an override, so the warning is switched off around the
 * literal, and only there. gcc accepts a pragma neither inside an expression nor in a macro's
 * argument, but it does between the members of a struct. A generic selection holds two such structs
 * and the literal, and stays an lvalue.
 *
 * In C++ the defaults are those of the struct's members. The macro is a temporary object, which
 * lives until the end of the full expression.
 */
#ifndef CATGA_DEFAULTS_H
#define CATGA_DEFAULTS_H

#include <stddef.h>

#ifdef __cplusplus

/* Compilers do not warn about the code of a macro that stands in a system header: an initialiser
 * may omit members. */
#if defined(__GNUC__)
#pragma GCC system_header
#endif

#define CATGA_DEFAULT(value) = value
#define CATGA_WITH_DEFAULTS(type, defaults, ...)                                                   \
    (static_cast<const type &>(__extension__ type{__VA_ARGS__}))

#else

#define CATGA_DEFAULT(value)

/* `defaults` is a list in parentheses that ends with a comma: (.quantity = 1,). */
#define CATGA_LIST(...) __VA_ARGS__
#if defined(__GNUC__)
#define CATGA_WITH_DEFAULTS(type, defaults, ...)                                                   \
    _Generic(sizeof(struct {                                                                       \
                 _Pragma("GCC diagnostic push")                                                    \
                     _Pragma("GCC diagnostic ignored \"-Woverride-init\"") char unused;            \
             }),                                                                                   \
             size_t                                                                                \
             : (type){CATGA_LIST defaults __VA_ARGS__}, default                                    \
             : sizeof(struct { _Pragma("GCC diagnostic pop") char unused; }))
#else
#define CATGA_WITH_DEFAULTS(type, defaults, ...) ((type){CATGA_LIST defaults __VA_ARGS__})
#endif

#endif

#endif
