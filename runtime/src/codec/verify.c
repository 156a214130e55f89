/*
 * verify.c: proves that bytes from outside are a valid buffer before anyone reads them. After it has returned CATGA_OK,
 * each getter of read.h on each table it visited stays inside the buffer.
 *
 * All arithmetic is on positions, never on pointers, in 64 bits; a size is always compared with what is left.
 * Invariants, by the names used below:
 *   V1  a position handed to a function is inside the buffer, a multiple of 4, with 4 bytes left there;
 *   V2  a vtable lies inside the buffer, is a multiple of 2, and its size is even and at least 4;
 *   V3  a field that is there lies inside its table, behind the table's offset to its vtable, aligned to its size;
 *   V4  offsets go forward, are not 0, and stay below 2^31;
 *   V5  a string has its length, its bytes and a NUL inside the buffer; its bytes are UTF-8;
 *   V6  a vector's elements lie inside the buffer, aligned unless there are none;
 *   V7  tables nest at most CATGA_MAX_DEPTH deep;
 *   V8  the work is at most WORK_PER_BYTE for each byte of the buffer, however often parts are shared.
 */
#include "problem.h"
#include "struct.h"
#include "utf8.h"

#include <catga/gen.h>

#include <stdio.h>

enum { HEADER_SIZE = 8, WORK_PER_BYTE = 16, WORK_FREE = 1024 };

typedef struct verifier {
    const uint8_t *bytes;
    uint64_t length;
    uint64_t work; /* bytes that may still be looked at */
    catga_problem *problem;
} verifier;

static bool refuse(const verifier *v, const char *reason)
{
    catga_problem_state(v->problem, reason);
    return false;
}

static bool refuse_limit(const verifier *v, const char *reason, uint64_t limit)
{
    catga_problem_state_limit(v->problem, reason, limit);
    return false;
}

/* V8 */
static inline bool work(verifier *v, uint64_t bytes)
{
    if (bytes > v->work)
        return refuse(v, "parts shared too often");
    v->work -= bytes;
    return true;
}

/* V4, V1: where the offset at `at` leads; 0 when it is not valid. Its own 4 bytes are inside. */
static inline uint64_t follow(const verifier *v, uint64_t at)
{
    uint32_t offset = catga_load_u32(v->bytes + at);
    uint64_t target = at + offset;
    if (offset == 0 || offset > INT32_MAX || target % 4 != 0 || target > v->length - 4) {
        refuse(v, "an offset that leads outside");
        return 0;
    }
    return target;
}

/* V5 */
static bool verify_string(verifier *v, uint64_t slot, uint32_t max)
{
    uint64_t at = follow(v, slot);
    if (at == 0)
        return false;
    uint32_t length = catga_load_u32(v->bytes + at);
    const uint8_t *text = v->bytes + at + 4;
    if (length >= v->length - at - 4)
        return refuse(v, "a string that ends outside");
    if (text[length] != 0)
        return refuse(v, "a string without its NUL");
    if (length > max)
        return refuse_limit(v, "longer than", max);
    if (!work(v, length))
        return false;
    return catga_is_utf8(text, length) || refuse(v, "not UTF-8");
}

static bool verify_table(verifier *v, uint64_t at, const catga_table *type, unsigned depth);

static bool verify_child(verifier *v, uint64_t slot, const catga_table *type, unsigned depth)
{
    uint64_t at = follow(v, slot);
    if (at == 0)
        return false;
    if (depth == CATGA_MAX_DEPTH) /* V7 */
        return refuse_limit(v, "nested deeper than", CATGA_MAX_DEPTH);
    return verify_table(v, at, type, depth + 1);
}

static bool verify_element(verifier *v, uint64_t slot, const catga_field *field, unsigned depth)
{
    return field->element == CATGA_KIND_string ? verify_string(v, slot, CATGA_UNBOUNDED)
                                               : verify_child(v, slot, field->type, depth);
}

/* Size and alignment of a vector's element as it lies in the vector. */
static void element_shape(const catga_field *field, uint64_t *size, uint64_t *alignment)
{
    const catga_struct *type = field->type;
    if (field->element == CATGA_KIND_struct) {
        *size = type->size;
        *alignment = type->alignment;
    } else if (field->element < CATGA_KIND_struct) {
        *size = *alignment = catga_scalar_size(field->element);
    } else {
        *size = *alignment = 4;
    }
}

/* V6. *elements is where they begin, *length how many there are. */
static bool verify_extent(verifier *v, uint64_t slot, const catga_field *field, uint64_t *elements, uint32_t *length)
{
    uint64_t size;
    uint64_t alignment;
    uint64_t at = follow(v, slot);
    if (at == 0)
        return false;
    element_shape(field, &size, &alignment);
    *length = catga_load_u32(v->bytes + at);
    *elements = at + 4;
    if (*length * size > v->length - *elements)
        return refuse(v, "a vector that ends outside");
    if (*elements % alignment != 0 && *length != 0)
        return refuse(v, "a vector that is not aligned");
    if (*length > field->max)
        return refuse_limit(v, field->format == CATGA_FORMAT_bytes ? "longer than" : "more elements than", field->max);
    return true;
}

static bool verify_vector(verifier *v, uint64_t slot, const catga_field *field, unsigned depth)
{
    uint64_t elements;
    uint32_t length;
    if (!verify_extent(v, slot, field, &elements, &length)) {
        catga_problem_in_field(v->problem, field->name);
        return false;
    }
    if (field->element < CATGA_KIND_string)
        return true;
    for (uint32_t i = 0; i < length; i++) {
        if (work(v, 4) && verify_element(v, elements + 4 * (uint64_t)i, field, depth))
            continue;
        catga_problem_in_element(v->problem, field->name, i);
        return false;
    }
    return true;
}

/* Whether a scalar keeps the range of its field. A NaN keeps none. */
static bool in_range(const uint8_t *at, unsigned kind, const catga_range *range)
{
    switch (kind) {
#define SIGNED(kind)                                                                                                   \
    case CATGA_KIND_##kind:                                                                                            \
        return catga_load_##kind(at) >= range->lowest.i && catga_load_##kind(at) <= range->highest.i;
#define UNSIGNED(kind)                                                                                                 \
    case CATGA_KIND_##kind:                                                                                            \
        return catga_load_##kind(at) >= (uint64_t)range->lowest.i && catga_load_##kind(at) <= (uint64_t)range->highest.i;
#define FLOATING(kind)                                                                                                 \
    case CATGA_KIND_##kind:                                                                                            \
        return (double)catga_load_##kind(at) >= range->lowest.f && (double)catga_load_##kind(at) <= range->highest.f;
        SIGNED(i8)
        SIGNED(i16)
        SIGNED(i32)
        SIGNED(i64)
        UNSIGNED(u8)
        UNSIGNED(u16)
        UNSIGNED(u32)
        UNSIGNED(u64)
        FLOATING(f32)
        FLOATING(f64)
#undef SIGNED
#undef UNSIGNED
#undef FLOATING
    default:
        return true;
    }
}

/* A field that is there, at `at`. */
static inline bool verify_field(verifier *v, uint64_t at, const catga_field *field, unsigned depth)
{
    bool valid = true;
    switch (field->kind) {
    case CATGA_KIND_string:
        valid = verify_string(v, at, field->max);
        break;
    case CATGA_KIND_table:
        valid = verify_child(v, at, field->type, depth);
        break;
    case CATGA_KIND_vector:
        return verify_vector(v, at, field, depth);
    default:
        if (field->range != NULL)
            valid = in_range(v->bytes + at, field->kind, field->range) || refuse(v, "out of range");
        break;
    }
    if (!valid)
        catga_problem_in_field(v->problem, field->name);
    return valid;
}

static bool refuse_field(const verifier *v, const catga_field *field, const char *reason)
{
    catga_problem_state(v->problem, reason);
    catga_problem_in_field(v->problem, field->name);
    return false;
}

/* V2. The vtable of the table at `at`, or 0. Its size is in *size, the table's in *table_size. */
static inline uint64_t verify_vtable(const verifier *v, uint64_t at, uint32_t *size, uint32_t *table_size)
{
    int64_t vtable = (int64_t)at - catga_load_i32(v->bytes + at);
    if (vtable < HEADER_SIZE || (uint64_t)vtable > v->length - 4 || vtable % 2 != 0)
        return refuse(v, "a vtable that lies outside");
    *size = catga_load_u16(v->bytes + vtable);
    *table_size = catga_load_u16(v->bytes + vtable + 2);
    if (*size < 4 || *size % 2 != 0 || *size > v->length - (uint64_t)vtable)
        return refuse(v, "a vtable that ends outside");
    if (*table_size < 4 || *table_size > v->length - at)
        return refuse(v, "a table that ends outside");
    return (uint64_t)vtable;
}

static bool verify_table(verifier *v, uint64_t at, const catga_table *type, unsigned depth)
{
    uint32_t vtable_size;
    uint32_t table_size;
    uint64_t vtable = verify_vtable(v, at, &vtable_size, &table_size);
    if (vtable == 0 || !work(v, table_size))
        return false;
    const catga_field *end = type->fields + type->field_count;
    for (const catga_field *field = type->fields; field < end; field++) {
        uint32_t offset = field->slot < vtable_size ? catga_load_u16(v->bytes + vtable + field->slot) : 0;
        if (offset == 0) {
            if (field->flags & CATGA_REQUIRED)
                return refuse_field(v, field, "required, but absent");
            continue;
        }
        if (field->flags & CATGA_DEPRECATED)
            continue;
        if (offset < 4 || offset + field->size > table_size || (at + offset) % field->alignment != 0) /* V3 */
            return refuse_field(v, field, "not inside its table");
        if (!verify_field(v, at + offset, field, depth))
            return false;
    }
    return true;
}

/* Who claims to have come, when it is not `table`. */
static bool refuse_identifier(const verifier *v, const catga_table *table)
{
    char reason[CATGA_PROBLEM_TEXT];
    char found[5] = "????";
    for (size_t i = 0; i < 4; i++)
        if (v->bytes[4 + i] >= ' ' && v->bytes[4 + i] <= '~')
            found[i] = (char)v->bytes[4 + i];
    snprintf(reason, sizeof reason, "not a %s: the identifier is \"%s\", not \"%.4s\"", table->name, found,
             table->identifier);
    return refuse(v, reason);
}

static uint64_t verify_root(verifier *v, const catga_table *table)
{
    if (v->length < HEADER_SIZE + 4 || v->length > INT32_MAX)
        return refuse(v, v->length < HEADER_SIZE + 4 ? "too short" : "too long");
    if (memcmp(v->bytes + 4, table->identifier, sizeof table->identifier) != 0)
        return refuse_identifier(v, table);
    uint64_t root = follow(v, 0);
    return root != 0 && verify_table(v, root, table, 1) ? root : 0;
}

catga_status catga_verify(const catga_table *table, const void *bytes, size_t length, const uint8_t **root,
                          catga_problem *problem)
{
    catga_problem_begin(problem);
    verifier v = {bytes, length, (uint64_t)length * WORK_PER_BYTE + WORK_FREE, problem};
    uint64_t at = verify_root(&v, table);
    catga_problem_finish(problem);
    *root = at == 0 ? NULL : v.bytes + at;
    return at == 0 ? CATGA_BAD_MESSAGE : CATGA_OK;
}
