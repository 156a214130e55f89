/* sides.h: cmocka for C++, and what the tests of the codec share. To be included first. */
#ifndef SIDES_H
#define SIDES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}

#include "codec.h"

#include <vector>

typedef std::vector<uint8_t> byte_vector;

#endif
