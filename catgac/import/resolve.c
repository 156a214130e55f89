/* resolve.c -- resolves the types, the root table and the values of enums. */
#include "import/parts.h"

#include <stdlib.h>

/* ---- Names ----------------------------------------------------------------------------------- */

static slice full_name(importer *i, slice namespace, slice name)
{
    if (namespace.length == 0)
        return name;
    buffer text = buffer_in(i->memory);
    buffer_printf(&text, "%.*s.%.*s", SLICE_PRINT(namespace), SLICE_PRINT(name));
    return buffer_slice(&text);
}

static void declare(importer *i, fbs_declaration *made)
{
    slice name = full_name(i, made->namespace, made->name.text);
    const fbs_declaration *first = text_table_insert(&i->declared, name, made);

    if (first == NULL)
        return;
    diag_report(i->diags, DIAG_DUPLICATE_NAME, made->name.place, "'%.*s' is declared twice",
                SLICE_PRINT(name));
    diag_note(i->diags, first->name.place, "first declared here");
}

static slice parent_of(slice namespace)
{
    while (namespace.length > 0 && namespace.data[namespace.length - 1] != '.')
    namespace.length--;
    namespace.length -= namespace.length > 0;
    return namespace;
}

/* Searches in the namespace itself, then in those around it. */
static fbs_declaration *find(importer *i, slice namespace, slice name)
{
    for (;; namespace = parent_of(namespace)) {
        fbs_declaration *found = text_table_find(&i->declared, full_name(i, namespace, name));
        if (found != NULL || namespace.length == 0)
            return found;
    }
}

static void resolve_type(importer *i, slice namespace, fbs_type *type)
{
    if (type->name.length == 0 || convert_scalar(type->name).length > 0)
        return;
    type->declared = find(i, namespace, type->name);
    if (type->declared == NULL)
        diag_report(i->diags, DIAG_UNKNOWN_NAME, type->place, "unknown type '%.*s'",
                    SLICE_PRINT(type->name));
}

static void add_name(importer *i, fbs_declaration *of, fbs_member *member)
{
    const fbs_member *first = text_table_insert(&of->by_name, member->name.text, member);

    if (first == NULL)
        return;
    diag_report(i->diags, DIAG_DUPLICATE_NAME, member->name.place, "'%.*s' is declared twice",
                SLICE_PRINT(member->name.text));
    diag_note(i->diags, first->name.place, "first declared here");
}

static void resolve_members(importer *i, fbs_declaration *of)
{
    of->by_name = text_table_in(i->memory);
    for (fbs_member *m = of->members; m != NULL; m = m->next) {
        add_name(i, of, m);
        resolve_type(i, of->namespace, &m->type);
    }
}

/* ---- The root -------------------------------------------------------------------------------- */

static void give_identifier(importer *i, const fbs_file *file, fbs_declaration *root)
{
    if (root->identifier.length > 0 && !slice_equal(root->identifier, file->identifier.text))
        diag_report(i->diags, DIAG_LEFT_OUT, file->identifier.place,
                    "the identifier \"%.*s\" is left out: table '%.*s' has \"%.*s\" already",
                    SLICE_PRINT(file->identifier.text), SLICE_PRINT(root->name.text),
                    SLICE_PRINT(root->identifier));
    else
        root->identifier = file->identifier.text;
}

static void resolve_root(importer *i, fbs_file *file)
{
    bool has_identifier = file->identifier.kind != FBS_VALUE_NONE;

    if (file->root.name.length == 0 && has_identifier)
        diag_report(i->diags, DIAG_LEFT_OUT, file->identifier.place,
                    "the identifier \"%.*s\" is left out: no root_type says which table has it",
                    SLICE_PRINT(file->identifier.text));
    if (file->root.name.length == 0)
        return;
    fbs_declaration *root = find(i, file->root_namespace, file->root.name);
    if (root == NULL || root->kind != FBS_TABLE) {
        diag_report(i->diags, DIAG_UNKNOWN_NAME, file->root.place, "unknown table '%.*s'",
                    SLICE_PRINT(file->root.name));
        return;
    }
    file->root.declared = root;
    if (has_identifier)
        give_identifier(i, file, root);
}

/* ---- The values of enums --------------------------------------------------------------------- */

static bool read_value(importer *i, fbs_member *member)
{
    bool is_negative;
    uint64_t magnitude;

    if (member->value.kind != FBS_VALUE_NUMBER ||
        !convert_integer(member->value.text, &is_negative, &magnitude)) {
        diag_report(i->diags, DIAG_WRONG_TYPE, member->value.place,
                    "the value of '%.*s' is an integer", SLICE_PRINT(member->name.text));
        return false;
    }
    member->number = is_negative ? 0 - magnitude : magnitude;
    return true;
}

static bool number_members(importer *i, fbs_declaration *of, size_t *count)
{
    uint64_t next = 0;
    bool good = true;

    of->by_number = text_table_in(i->memory);
    for (fbs_member *m = of->members; m != NULL; m = m->next) {
        m->number = next;
        if (m->value.kind != FBS_VALUE_NONE)
            good = read_value(i, m) && good;
        next = m->number + 1;
        text_table_insert(&of->by_number, (slice){(const char *)&m->number, sizeof m->number}, m);
        (*count)++;
    }
    return good;
}

static int compare_unsigned(const void *left, const void *right)
{
    uint64_t a = (*(fbs_member *const *)left)->number;
    uint64_t b = (*(fbs_member *const *)right)->number;

    return (a > b) - (a < b);
}

static int compare_signed(const void *left, const void *right)
{
    int64_t a = (int64_t)(*(fbs_member *const *)left)->number;
    int64_t b = (int64_t)(*(fbs_member *const *)right)->number;

    return (a > b) - (a < b);
}

/* Sorts members by their values, as Catga requires. */
static void sort_members(importer *i, fbs_declaration *of, size_t count)
{
    fbs_member **sorted = ARENA_ARRAY(i->memory, count, fbs_member *);
    size_t n = 0;

    for (fbs_member *m = of->members; m != NULL; m = m->next)
        sorted[n++] = m;
    bool is_signed = convert_is_signed(convert_scalar(of->base.name));
    qsort(sorted, count, sizeof *sorted, is_signed ? compare_signed : compare_unsigned);
    fbs_member **last = &of->members;
    for (n = 0; n < count; n++) {
        *last = sorted[n];
        last = &sorted[n]->next;
    }
    *last = NULL;
}

static void resolve_enum(importer *i, fbs_declaration *of)
{
    size_t count = 0;

    if (number_members(i, of, &count) && count > 0)
        sort_members(i, of, count);
}

/* Numbers the tags from 1, as in Catga. */
static void check_tags(importer *i, const fbs_declaration *of)
{
    uint64_t tag = 1;

    for (fbs_member *m = of->members; m != NULL; m = m->next, tag++) {
        if (m->value.kind == FBS_VALUE_NONE || !read_value(i, m) || m->number == tag)
            continue;
        diag_report(
            i->diags, DIAG_CANNOT_EXPRESS, m->value.place,
            "the alternatives of a union are numbered from 1 in Catga: '%.*s' would have %u, "
            "not %.*s",
            SLICE_PRINT(m->name.text), (unsigned)tag, SLICE_PRINT(m->value.text));
    }
    if (of->base.name.length > 0 && !slice_is(convert_scalar(of->base.name), "u8"))
        diag_report(i->diags, DIAG_CANNOT_EXPRESS, of->base.place,
                    "the tag of a union is a ubyte in Catga, not '%.*s'",
                    SLICE_PRINT(of->base.name));
}

/* ---- All of it ------------------------------------------------------------------------------- */

static void resolve_file(importer *i, fbs_file *file)
{
    for (fbs_declaration *d = file->declarations; d != NULL; d = d->next) {
        resolve_members(i, d);
        if (d->kind == FBS_ENUM)
            resolve_enum(i, d);
        if (d->kind == FBS_UNION)
            check_tags(i, d);
    }
    resolve_root(i, file);
}

void resolve_files(importer *i)
{
    for (size_t n = 0; n < i->file_count; n++)
        for (fbs_declaration *d = i->files[n]->declarations; d != NULL; d = d->next)
            declare(i, d);
    for (size_t n = 0; n < i->file_count; n++)
        resolve_file(i, i->files[n]);
}
