// The same in C++17 and C++20.
#include "values.c"
