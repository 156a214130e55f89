/*
 * Verifies bytes from outside before they are read. After catga_verify has returned CATGA_OK, the
 * getters of read.h stay inside the buffer for each visited table.
 *
 * The generated verifier of a type calls the functions of verify.h. They recognise tables in the
 * form of write.h quickly. For all others, and for error texts, they call this file.
 *
 * All arithmetic uses positions, never pointers. A size is compared with the remaining bytes. A
 * buffer is shorter than 2^31, so a sum of two positions, or of a position and an offset below
 * 2^31, does not wrap in 32 bits. Invariants:
 *
 *     V1  A position argument is in the buffer, a multiple of 4, with 4 bytes left.
 *     V2  A vtable is in the buffer, at a multiple of 2; its size is even and at least 4.
 *     V3  A present field is in its table, after the offset to the vtable, and aligned.
 *     V4  Offsets go forward, are not 0, multiples of 4, and below 2^31.
 *     V5  A string has its length, bytes and NUL in the buffer; its bytes are UTF-8.
 *     V6  The elements of a vector are in the buffer, and aligned if there are any.
 *     V7  Tables nest at most CATGA_MAX_DEPTH deep.
 *     V8  The work is at most WORK_FREE, and WORK_PER_BYTE for each byte of the buffer, however
 * often parts are shared.
 */
#include "base/utf8.h"
#include "codec/problem.h"
#include "codec/struct.h"

#include <catga/gen.h>

#include <stdio.h>

/*
 * Work is counted each time that a part is reached:
 *
 *     CATGA_WORK_PER_OFFSET      a table behind an offset, and an element of a vector of offsets
 *     CATGA_WORK_PER_FIELD_BYTE  a byte of a table's fields
 *     1                          a byte of a vector, and of a text beyond the work of its offset
 *
 * A message without shared parts has enough bytes for its own work. A message with shared parts may
 * also spend WORK_FREE, which takes less than a millisecond. wire.md documents this for peers.
 */
enum { WORK_PER_BYTE = 32, WORK_FREE = 1 << 20 };
_Static_assert(CATGA_SHORT_TEXT <= 4 * CATGA_WORK_PER_FIELD_BYTE &&
                   CATGA_SHORT_TEXT <= CATGA_WORK_PER_OFFSET,
               "a short text is part of the work of its offset");

/* ---- Refusals ---- */

CATGA_COLD static bool refuse(const catga_verifier *verifier, const char *reason)
{
    catga_problem_state(verifier->problem, reason);
    return false;
}

CATGA_COLD static bool refuse_limit(const catga_verifier *verifier, const char *reason,
                                    uint64_t limit)
{
    catga_problem_state_limit(verifier->problem, reason, limit);
    return false;
}

bool catga_verify_failed(catga_verifier *verifier, const catga_field *field)
{
    catga_problem_in_field(verifier->problem, field->name);
    return false;
}

bool catga_verify_refuse(catga_verifier *verifier, const catga_field *field, const char *reason)
{
    catga_problem_state(verifier->problem, reason);
    return catga_verify_failed(verifier, field);
}

bool catga_verify_failed_element(catga_verifier *verifier, const catga_field *field, uint32_t index)
{
    catga_problem_in_element(verifier->problem, field->name, index);
    return false;
}

/* ---- Parts ---- */

/* Alignments are powers of two. */
static inline bool is_aligned(uint32_t at, uint32_t alignment)
{
    return (at & (alignment - 1)) == 0;
}

/* Counts work (V8). */
static inline bool work(catga_verifier *verifier, uint64_t amount)
{
    return catga_verify_spend(verifier, amount) || refuse(verifier, "parts shared too often");
}

static const char leads_outside[] = "an offset that leads outside";

bool catga_verify_odd_text(catga_verifier *verifier, uint32_t slot, uint32_t max)
{
    uint32_t at;

    if (!catga_verify_follow(verifier, slot, &at))
        return refuse(verifier, leads_outside);
    uint32_t length = catga_load_u32(verifier->bytes + at);
    const uint8_t *text = verifier->bytes + at + 4;
    if (length >= verifier->last_word - at)
        return refuse(verifier, "a string that ends outside");
    if (text[length] != 0)
        return refuse(verifier, "a string without its NUL");
    if (length > max)
        return refuse_limit(verifier, "longer than", max);
    if (length > CATGA_SHORT_TEXT && !work(verifier, length))
        return false;
    return catga_high_bits(text, length) == 0 || catga_is_utf8(text, length) ||
           refuse(verifier, "not UTF-8");
}

/* ---- Tables ---- */

/* Bit of catga_shape.alignment: the vtable does not have the form of write.h. */
enum { ODD = 16 };

/* Eight entries of a vtable. */
typedef uint16_t lanes __attribute__((vector_size(16)));
enum { LANES = 8 };

static inline lanes load_lanes(const void *at)
{
    lanes value;

    memcpy(&value, at, sizeof value);
    return value;
}

static inline bool is_zero(lanes value)
{
    uint64_t halves[2];

    memcpy(halves, &value, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

/*
 * Returns the vtable to read a table by, if each of its first `count` entries is 0 or equals that
 * of `full`. `count` is at most eight. The result is `full` itself if both are equal. Else returns
 * NULL.
 */
static inline const uint8_t *own_vtable(const uint8_t *vtable, uint32_t count, const uint16_t *full)
{
    static const uint16_t counted[2 * LANES] = {0xffff, 0xffff, 0xffff, 0xffff,
                                                0xffff, 0xffff, 0xffff, 0xffff};
    lanes found = load_lanes(vtable + 4) & load_lanes(counted + LANES - count);
    lanes differs = (lanes)(found != load_lanes(full + 2));

    if (is_zero(differs) && full[0] <= 4 + 2 * LANES)
        return (const uint8_t *)full;
    return is_zero(differs & (lanes)(found != 0)) ? vtable : NULL;
}

/* Checks V3 for each entry. *bytes becomes the size of all present fields, even if they overlap. */
static bool check_entries(catga_verifier *verifier, uint32_t at, uint32_t vtable,
                          uint32_t vtable_size, uint32_t table_size, const catga_table *type,
                          uint64_t *bytes)
{
    uint32_t count = (vtable_size - 4) / 2;

    if (count > type->field_count)
        count = type->field_count;
    const uint8_t *entries = verifier->bytes + vtable + 4;
    for (uint32_t id = 0; id < count; id++) {
        uint32_t offset = catga_load_u16(entries + 2 * id);
        const catga_field *field = &type->fields[id];
        if (offset == 0)
            continue;
        if (offset < 4 || offset + field->size > table_size ||
            !is_aligned(at + offset, field->alignment))
            return catga_verify_refuse(verifier, field, "not inside its table");
        *bytes += field->size;
    }
    return true;
}

/* Returns whether the table has the shape of the last one, so that only its end must be checked. */
static inline bool is_known(const catga_verifier *verifier, uint32_t at, uint32_t vtable,
                            uint32_t odd, const catga_shape *known)
{
    return vtable == known->vtable && (at % 16 | odd) == known->alignment &&
           known->table_size - 4 <= verifier->last_word - at;
}

/* Checks V3 of a large table, or of one in another form than that of write.h. Fills in *known. */
static CATGA_NOINLINE bool check_odd_shape(catga_verifier *verifier, uint32_t at, uint32_t vtable,
                                           uint32_t vtable_size, uint32_t table_size,
                                           const catga_table *type, catga_shape *known)
{
    uint64_t bytes = 0;

    if (!is_known(verifier, at, vtable, ODD, known)) {
        if (!check_entries(verifier, at, vtable, vtable_size, table_size, type, &bytes))
            return false;
        *known = (catga_shape){verifier->bytes + vtable, vtable, table_size, at % 16 | ODD,
                               CATGA_WORK_PER_OFFSET + CATGA_WORK_PER_FIELD_BYTE * bytes};
    }
    verifier->work += catga_work_of_table(type);
    return work(verifier, known->work);
}

/* Checks V2 and V3 of a table. Fills in *known. */
static CATGA_NOINLINE bool check_any_shape(catga_verifier *verifier, uint32_t at, uint32_t vtable,
                                           const catga_table *type, catga_shape *known)
{
    if (vtable < CATGA_ROOT_OFFSET_SIZE || vtable > verifier->last_word)
        return refuse(verifier, "a vtable that lies outside");
    uint32_t vtable_size = catga_load_u16(verifier->bytes + vtable);
    uint32_t table_size = catga_load_u16(verifier->bytes + vtable + 2);
    if (vtable_size - 4 > verifier->last_word - vtable || !is_aligned(vtable_size | vtable, 2))
        return refuse(verifier, "a vtable that ends outside");
    if (table_size - 4 > verifier->last_word - at)
        return refuse(verifier, "a table that ends outside");
    return check_odd_shape(verifier, at, vtable, vtable_size, table_size, type, known);
}

/* Checks a small table in the form of write.h quickly; leaves others to check_any_shape. */
static bool check_shape(catga_verifier *verifier, uint32_t at, uint32_t vtable,
                        const catga_table *type, catga_shape *known)
{
    const uint16_t *full = type->vtable;
    uint32_t misalignment = (at + 4) & ((uint32_t)type->alignment -
                                        1); /* the largest fields begin 4 bytes into the table */

    if (CATGA_SWAPPED || vtable < CATGA_ROOT_OFFSET_SIZE ||
        (uint64_t)vtable + 2 * LANES > verifier->last_word || misalignment != 0)
        return check_any_shape(verifier, at, vtable, type, known);
    uint32_t vtable_size = catga_load_u16(verifier->bytes + vtable);
    uint32_t table_size = catga_load_u16(verifier->bytes + vtable + 2);
    if (table_size != full[1] || table_size - 4 > verifier->last_word - at ||
        vtable_size - 4 > 2 * LANES || vtable_size > full[0] ||
        !is_aligned(vtable_size | vtable, 2))
        return check_any_shape(verifier, at, vtable, type, known);
    const uint8_t *read = own_vtable(verifier->bytes + vtable, (vtable_size - 4) / 2, full);
    if (read == NULL)
        return check_any_shape(verifier, at, vtable, type, known);
    known->read = read;
    known->vtable = vtable;
    known->table_size = table_size;
    known->alignment = at % 16;
    return true;
}

bool catga_verify_open(catga_verifier *verifier, uint32_t at, const catga_table *type,
                       catga_shape *known, catga_frame *table)
{
    uint32_t vtable =
        at - catga_load_u32(verifier->bytes +
                            at); /* a negative offset wraps to a position after the table */

    if (!is_known(verifier, at, vtable, 0, known) &&
        !check_shape(verifier, at, vtable, type, known))
        return false;
    *table = (catga_frame){known->read, at};
    return true;
}

/* Checks the table behind the offset at `slot`; *known is the shape of the table before. */
static inline bool check_one_table(catga_verifier *verifier, uint32_t slot, const catga_table *type,
                                   catga_shape *known)
{
    uint32_t at;

    if (!work(verifier, catga_work_of_table(type)))
        return false;
    return catga_verify_follow(verifier, slot, &at) ? type->verify(verifier, at, type, known)
                                                    : refuse(verifier, leads_outside);
}

static bool refuse_depth(catga_verifier *verifier)
{
    return refuse_limit(verifier, "nested deeper than", CATGA_MAX_DEPTH);
}

/* Checks V7. The caller must call leave. */
static inline bool enter(catga_verifier *verifier)
{
    if (verifier->depth == CATGA_MAX_DEPTH)
        return refuse_depth(verifier);
    verifier->depth++;
    return true;
}

static inline void leave(catga_verifier *verifier)
{
    verifier->depth--;
}

bool catga_verify_outside(catga_verifier *verifier)
{
    return refuse(verifier, leads_outside);
}

bool catga_verify_table(catga_verifier *verifier, uint32_t slot, const catga_table *type)
{
    catga_shape none = {NULL, 0, 0, 0, 0};

    if (!enter(verifier))
        return false;
    bool valid = check_one_table(verifier, slot, type, &none);
    leave(verifier);
    return valid;
}

/* ---- Vectors ---- */

/* Checks V6. Returns the position of the elements, or 0; *length is their number. */
static inline uint32_t open_vector(catga_verifier *verifier, uint32_t slot,
                                   const catga_field *field, uint32_t size, uint32_t alignment,
                                   uint32_t *length)
{
    uint32_t at;

    if (!catga_verify_follow(verifier, slot, &at))
        return catga_verify_refuse(verifier, field, leads_outside);
    *length = catga_load_u32(verifier->bytes + at);
    if ((uint64_t)*length * size > verifier->last_word - at)
        return catga_verify_refuse(verifier, field, "a vector that ends outside");
    if (!is_aligned(at + 4, alignment) && *length != 0)
        return catga_verify_refuse(verifier, field, "a vector that is not aligned");
    if (*length > field->max) {
        refuse_limit(verifier,
                     field->format == CATGA_FORMAT_bytes ? "longer than" : "more elements than",
                     field->max);
        return catga_verify_failed(verifier, field);
    }
    return at + 4;
}

/* Readers visit these elements, but the verifier does not: their bytes count as those of a text. */
bool catga_verify_elements(catga_verifier *verifier, uint32_t slot, const catga_field *field)
{
    uint32_t length = 0;
    const catga_struct *type = field->element == CATGA_KIND_struct ? field->type : NULL;
    uint32_t size = type != NULL ? type->size : (uint32_t)catga_scalar_size(field->element);
    uint32_t alignment = type != NULL ? type->alignment : size;

    if (open_vector(verifier, slot, field, size, alignment, &length) == 0)
        return false;
    return work(verifier, (uint64_t)length * size) || catga_verify_failed(verifier, field);
}

/* Opens a vector of offsets, and counts the work of following them. Returns 0 if it is refused. */
static inline uint32_t open_offsets(catga_verifier *verifier, uint32_t slot,
                                    const catga_field *field, uint32_t *length)
{
    uint32_t elements = open_vector(verifier, slot, field, 4, 4, length);

    if (elements != 0 && !work(verifier, (uint64_t)*length * CATGA_WORK_PER_OFFSET))
        return catga_verify_failed(verifier, field);
    return elements;
}

bool catga_verify_texts(catga_verifier *verifier, uint32_t slot, const catga_field *field)
{
    uint32_t length = 0;
    uint32_t elements = open_offsets(verifier, slot, field, &length);

    if (elements == 0)
        return false;
    for (uint32_t i = 0; i < length; i++)
        if (!catga_verify_text(verifier, elements + 4 * i, CATGA_UNBOUNDED))
            return catga_verify_failed_element(verifier, field, i);
    return true;
}

bool catga_verify_tables(catga_verifier *verifier, uint32_t slot, const catga_field *field)
{
    uint32_t length = 0;
    catga_shape known = {NULL, 0, 0, 0, 0};
    uint32_t elements = open_vector(verifier, slot, field, 4, 4, &length);

    if (elements == 0)
        return false;
    if (length == 0)
        return true;
    if (!enter(verifier))
        return catga_verify_failed(verifier, field);
    for (uint32_t i = 0; i < length; i++)
        if (!check_one_table(verifier, elements + 4 * i, field->type, &known))
            return catga_verify_failed_element(verifier, field, i);
    leave(verifier);
    return true;
}

/* ---- Unions ---- */

/* Checks a struct behind an offset, which may be at less than a multiple of 4. */
static bool check_lone_struct(catga_verifier *verifier, uint32_t slot, const catga_struct *type)
{
    uint32_t offset = catga_load_u32(verifier->bytes + slot);
    uint64_t at = (uint64_t)slot + offset;
    uint64_t length = (uint64_t)verifier->last_word + 4;

    if (offset == 0 || offset > INT32_MAX || at > length || type->size > length - at)
        return refuse(verifier, leads_outside);
    if (!is_aligned((uint32_t)at, type->alignment))
        return refuse(verifier, "a struct that is not aligned");
    return work(verifier, type->size);
}

/* Accepts an alternative of a newer schema at any offset: readers of this schema see an empty
 * union. */
static bool check_unknown(catga_verifier *verifier, uint32_t slot)
{
    uint32_t offset = catga_load_u32(verifier->bytes + slot);

    return (offset != 0 && offset <= INT32_MAX &&
            (uint64_t)slot + offset < (uint64_t)verifier->last_word + 4) ||
           refuse(verifier, leads_outside);
}

bool catga_verify_alternative(catga_verifier *verifier, uint32_t slot, const catga_union *type,
                              uint8_t tag)
{
    if (tag > type->count)
        return check_unknown(verifier, slot);
    const catga_alternative *alternative = &type->alternatives[tag - 1];
    if (alternative->kind == CATGA_KIND_table)
        return catga_verify_table(verifier, slot, alternative->type);
    if (alternative->kind == CATGA_KIND_struct)
        return check_lone_struct(verifier, slot, alternative->type);
    return catga_verify_text(verifier, slot, CATGA_UNBOUNDED);
}

bool catga_verify_alternatives(catga_verifier *verifier, uint32_t tags_slot, uint32_t slot,
                               const catga_field *tags, const catga_field *field)
{
    uint32_t tag_count = 0;
    uint32_t length = 0;
    uint32_t tag_at = open_vector(verifier, tags_slot, tags, 1, 1, &tag_count);
    uint32_t elements = tag_at == 0 ? 0 : open_offsets(verifier, slot, field, &length);

    if (elements == 0)
        return false;
    if (tag_count != length)
        return catga_verify_refuse(verifier, field, "not as many values as types");
    for (uint32_t i = 0; i < length; i++) {
        uint8_t tag = verifier->bytes[tag_at + i];
        if (tag != 0 && !catga_verify_alternative(verifier, elements + 4 * i, field->type, tag))
            return catga_verify_failed_element(verifier, field, i);
    }
    return true;
}

/* ---- Whole buffers ---- */

/* Smallest buffer: the root offset, a vtable without entries, and a table without fields. */
enum { SMALLEST_BUFFER = CATGA_ROOT_OFFSET_SIZE + 4 + 4 };

/* Reports the identifier that was found instead of the table's. */
static bool refuse_identifier(const catga_verifier *verifier, const catga_table *table)
{
    char reason[CATGA_PROBLEM_TEXT];
    char found[5] = "????";

    for (size_t i = 0; i < 4; i++)
        if (verifier->bytes[4 + i] >= ' ' && verifier->bytes[4 + i] <= '~')
            found[i] = (char)verifier->bytes[4 + i];
    snprintf(reason, sizeof reason, "not a %s: the identifier is \"%s\", not \"%.4s\"", table->name,
             found, table->identifier);
    return refuse(verifier, reason);
}

static bool check_root(catga_verifier *verifier, const catga_table *table, const uint8_t **root)
{
    catga_shape none = {NULL, 0, 0, 0, 0};

    if (!check_one_table(verifier, 0, table, &none))
        return false;
    *root = verifier->bytes + catga_load_u32(verifier->bytes);
    return true;
}

static bool has_identifier(const catga_verifier *verifier, const catga_table *table)
{
    return memcmp(verifier->bytes + 4, table->identifier, sizeof table->identifier) == 0;
}

static catga_status verify(const catga_table *table, bool any_identifier, const void *bytes,
                           size_t length, const uint8_t **root, catga_problem *problem)
{
    uint64_t budget = (uint64_t)length * WORK_PER_BYTE + WORK_FREE;
    catga_verifier verifier = {bytes, (uint32_t)length - 4, 1, budget, problem};

    *root = NULL;
    if (problem != NULL)
        catga_problem_begin(problem);
    if (length < SMALLEST_BUFFER || length > INT32_MAX)
        catga_problem_state(problem, length > INT32_MAX ? "too long" : "too short");
    else if (!any_identifier && !has_identifier(&verifier, table))
        refuse_identifier(&verifier, table);
    else if (check_root(&verifier, table, root))
        return CATGA_OK;
    catga_problem_finish(problem);
    return CATGA_BAD_MESSAGE;
}

catga_status catga_verify(const catga_table *table, const void *bytes, size_t length,
                          const uint8_t **root, catga_problem *problem)
{
    return verify(table, false, bytes, length, root, problem);
}

catga_status catga_verify_any(const catga_table *table, const void *bytes, size_t length,
                              const uint8_t **root, catga_problem *problem)
{
    return verify(table, true, bytes, length, root, problem);
}
