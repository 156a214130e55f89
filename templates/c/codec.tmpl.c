%# catga template 1: the C source of one module, second part: tables, encoded and verified.
%#
%# A table of at most 8 fields is small: its function first tests whether the fast path applies.
%# A table of more than 64 fields is wide: it is written in parts, since the time of a compiler
%# grows faster than the length of a function.
% for table in module.tables
  % if table.is_written

    % if table.is_inline
CATGA_INLINE catga_put_function ${table.type}_put;
    % else
static catga_put_function ${table.type}_put;
    % end
    % if table.checked
static catga_verify_function ${table.type}_verify;
    % end
  % end
% end
% for table in module.tables

/* ---- ${table.name} ---- */
  %#
  %# ---- Constants
  % if table.ranged

    % for field in table.ranged
static const catga_range ${table.type}_${field.snake}_range = {
    ${field.range.lowest_value}, ${field.range.highest_value}};
    % end
  % end
  % if table.fields

static const catga_field ${table.type}_fields[] = {
    /* name, type, range, maximum,
     * offset in the struct, entry in the vtable, size, alignment,
     * kind, kind of elements, format, digits,
     * flags, default */
    % for field in table.fields
    {"${field.json|c_string}", ${field.descriptor}, ${field.range_descriptor}, ${field.maximum},
     ${field.struct_offset}, ${field.slot}, ${field.size}, ${field.alignment},
     CATGA_KIND_${field.kind}, ${field.element}, CATGA_FORMAT_${field.format}, ${field.digits},
     ${field.flags}, ${field.value}},
    % end
};

/* The ids of the fields, in the order of their offsets. */
static const uint16_t ${table.type}_layout[] = {
    ${table.layout},
};
  % end

/* With every field present: size of the vtable, size of the table, offset of each field. */
static const uint16_t ${table.type}_vtable[] = {
    ${table.vtable},
};
  % if table.is_written
    %#
    %# ---- Parts of a wide table
    % for part in table.parts
      % if part.rules

CATGA_NOINLINE static bool ${table.type}_has_valid_part_${part.number}_(
        catga_writer *out, const ${table.type} *in)
{
    const catga_field *fields = ${table.type}_fields;
      % for rule in part.rules
    if (!(${rule.condition}))
        return catga_refuse(out, &fields[${rule.field_id}], "${rule.reason}") != NULL;
      % end
    return true;
}
      % end
      % if part.placed

CATGA_NOINLINE static void ${table.type}_put_inline_${part.number}_(
        uint8_t *table, const ${table.type} *in, uint64_t *present)
{
    (void)table;
      % for field in part.placed
    ${field.mark_begin}${field.put_inline}${field.mark_end}
      % end
}
      % end
      % if part.texts

CATGA_NOINLINE static uint8_t *${table.type}_put_texts_${part.number}_(
        catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
        const ${table.type} *in, uint64_t *high_bits)
{
    const catga_field *fields = ${table.type}_fields;
      % for field in part.texts
    at = catga_put_string(out, at, table, offsets, &fields[${field.id}],
        in->${field.member}, high_bits);
      % end
    return at;
}
      % end
      % if part.behind

CATGA_NOINLINE static uint8_t *${table.type}_put_others_${part.number}_(
        catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
        const ${table.type} *in)
{
    const catga_field *fields = ${table.type}_fields;
      % for field in part.behind
    at = catga_put_${field.put}(out, at, table, offsets,
        ${field.put_arguments});
      % end
    return at;
}
      % end
      % if part.checked

CATGA_NOINLINE static bool ${table.type}_verify_${part.number}_(
        catga_verifier *verifier, catga_frame table)
{
    const catga_field *fields = ${table.type}_fields;
      % for field in part.checked
    ${field.verify_begin}${field.verify_call}${field.verify_end}
      % end
}
      % end
    % end
    %#
    %# ---- The function that writes the table

    % if table.is_inline
CATGA_INLINE uint8_t *${table.type}_put(catga_writer *out, uint8_t *at, uint8_t *slot,
    % else
static uint8_t *${table.type}_put(catga_writer *out, uint8_t *at, uint8_t *slot,
    % end
        const catga_table *type, const void *input)
{
    % if table.members
    const ${table.type} *in = (const ${table.type} *)input;
    % else
    (void)input;
    % end
    % if table.is_small
      % if table.is_guarded
    size_t padding = catga_padding(out, at, ${table.alignment});
    uint64_t size = padding;
    bool fast_path =
        % for rule in table.rules
        ${rule.condition} &&
        % end
        % for field in table.texts
        catga_is_valid_text(in->${field.member}, ${field.required}, ${field.maximum}, &size) &&
        % end
        catga_has_room(out, at, ${table.type}_vtable, size);
    if (!fast_path)
        return catga_put_generic(out, at, slot, type, input);

    uint8_t *table = catga_open_table(at, slot, ${table.type}_vtable, padding);
      % else
    uint8_t *table = catga_open_if_fits(out, at, slot, ${table.type}_vtable, ${table.alignment});
    if (table == NULL)
        return catga_put_generic(out, at, slot, type, input);
      % end
      % for field in table.gaps
    catga_clear(table + ${field.offset}, ${field.size});
      % end
      % if table.has_always
    uint64_t present = ${table.always};
      % end
      % for field in table.conditional
    ${field.mark_begin}${field.put_inline}${field.mark_end}
      % end
      % if table.referring
    if (catga_needs_new_vtable(out, type, ${table.vtable_slot}, present))
        return catga_put_other(out, table, slot, type, input, present);
    at = catga_close_table(out, table, type, ${table.type}_vtable, ${table.vtable_slot}, present);
      % if table.texts

    uint64_t high_bits = 0;
        % for field in table.texts
    at = catga_put_${field.put}(at, table + ${field.offset}, in->${field.member}, &high_bits);
        % end
    at = catga_end_texts(out, at, ${table.type}_fields, ${table.field_count}, in, high_bits);
      % end
      % if table.behind

    const catga_field *fields = ${table.type}_fields;
    catga_offsets offsets = catga_offsets_of(out, ${table.type}_vtable);
        % for field in table.behind
    at = catga_put_${field.put}(out, at, table, offsets,
        ${field.put_arguments});
        % end
      % end
    return at;
      % else
    return catga_end_fixed_table(
        out, table, slot, type, input, ${table.type}_vtable, ${table.vtable_slot}, present);
      % end
    % else if table.is_wide
      % for part in table.parts
        % if part.rules
    if (!${table.type}_has_valid_part_${part.number}_(out, in))
        return NULL;
        % end
      % end
    uint8_t *table = catga_begin_table(out, at, slot, ${table.type}_vtable, ${table.alignment});
    if (table == NULL)
        return NULL;
    uint64_t present[${table.words}] = {0};
      % for part in table.parts
        % if part.placed
    ${table.type}_put_inline_${part.number}_(table, in, present);
        % end
      % end
    at = catga_end_wide_table(out, table, type, present);
      % if table.referring
    catga_offsets offsets = catga_offsets_of(out, ${table.type}_vtable);
      % end
      % if table.texts

    uint64_t high_bits = 0;
        % for part in table.parts
          % if part.texts
    at = ${table.type}_put_texts_${part.number}_(out, at, table, offsets, in, &high_bits);
          % end
        % end
    at = catga_end_texts(out, at, ${table.type}_fields, ${table.field_count}, in, high_bits);
      % end
      % for part in table.parts
        % if part.behind
    at = ${table.type}_put_others_${part.number}_(out, at, table, offsets, in);
        % end
      % end
    return at;
    % else
      % if table.uses_fields
    const catga_field *fields = ${table.type}_fields;
      % end
      % for rule in table.rules
    if (!(${rule.condition}))
        return catga_refuse(out, &fields[${rule.field_id}], "${rule.reason}");
      % end
    uint8_t *table = catga_begin_table(out, at, slot, ${table.type}_vtable, ${table.alignment});
    if (table == NULL)
        return NULL;
      % if table.has_always
    uint64_t present = ${table.always};
      % end
      % for field in table.conditional
    ${field.mark_begin}${field.put_inline}${field.mark_end}
      % end
    at = catga_end_table(out, table, type, ${table.type}_vtable, ${table.vtable_slot}, present);
      % if table.referring
    catga_offsets offsets = catga_offsets_of(out, ${table.type}_vtable);
      % end
      % if table.texts

    uint64_t high_bits = 0;
        % for field in table.texts
    at = catga_put_string(out, at, table, offsets, &fields[${field.id}],
        in->${field.member}, &high_bits);
        % end
    at = catga_end_texts(out, at, fields, ${table.field_count}, in, high_bits);
      % end
      % for field in table.behind
    at = catga_put_${field.put}(out, at, table, offsets,
        ${field.put_arguments});
      % end
    return at;
    % end
}
    % if table.is_root

static catga_status ${table.type}_put_root(const catga_table *type, const void *input,
        uint8_t *buffer, size_t capacity, size_t *length, catga_problem *problem)
{
    return catga_encode_root(
        type, ${table.type}_put, input, buffer, capacity, length, problem);
}
    % end
    %#
    %# ---- The functions that verify the table
    % if table.checked

CATGA_INLINE bool ${table.type}_verify_fields(catga_verifier *verifier, catga_frame table)
{
      % if table.is_wide
    return
        % for part in table.parts
          % if part.checked
        ${table.type}_verify_${part.number}_(verifier, table) &&
          % end
        % end
        true;
      % else
    const catga_field *fields = ${table.type}_fields;
        % for field in table.checked
    ${field.verify_begin}${field.verify_call}${field.verify_end}
        % end
      % end
}

static bool ${table.type}_verify(catga_verifier *verifier, uint32_t at,
        const catga_table *type, catga_shape *known)
{
      % if table.is_small
    return catga_verify_small_table(verifier, at, type, known,
        ${table.type}_vtable, ${table.alignment}, ${table.type}_verify_fields);
      % else
    return catga_verify_large_table(verifier, at, type, known, ${table.type}_verify_fields);
      % end
}
    % end
  % end

const catga_table ${table.type}_descriptor = {
    "${table.name}",
  % if table.fields
    ${table.type}_fields,
    ${table.type}_vtable,
    ${table.type}_layout,
  % else
    NULL, /* fields */
    ${table.type}_vtable,
    NULL, /* layout */
  % end
    ${table.put},
    ${table.encode},
    ${table.verify},
    ${table.all}, /* a bit for each field */
    sizeof(${table.type}),
    ${table.field_count}, /* fields */
    ${table.alignment}, /* alignment */
    ${table.vtable_slot}, /* slot of the remembered vtable */
    {${table.identifier_bytes}}, /* file identifier */
};
% end
