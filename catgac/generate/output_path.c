/* output_path.c -- see output_path.h. */
#include "generate/output_path.h"

slice output_path(arena *memory, slice schema_path, slice suffix)
{
    slice ending = SLICE(".catga");
    size_t stem = schema_path.length;

    if (stem > ending.length &&
        slice_equal((slice){schema_path.data + stem - ending.length, ending.length}, ending))
        stem -= ending.length;
    buffer path = buffer_in(memory);
    buffer_append(&path, (slice){schema_path.data, stem});
    buffer_append(&path, suffix);
    return buffer_slice(&path);
}
