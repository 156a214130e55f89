/* depfile.c -- see depfile.h. */
#include "base/depfile.h"

#include "base/utf8.h"

#include <string.h>

/* Paths are written so that make and ninja read the same. Both take a backslash before a blank, a
 * colon and a number sign, and a doubled dollar sign. */
static void append_path(buffer *out, slice path)
{
    for (size_t i = 0; i < path.length; i++) {
        char character = path.data[i];
        if (character == ' ' || character == '#' || character == ':')
            buffer_append_char(out, '\\');
        else if (character == '$')
            buffer_append_char(out, '$');
        buffer_append_char(out, character);
    }
}

/* Patterns, assignments, recipes, archive members, home folders: make has no escape for some of
 * them, and ninja has none for the others. */
static const char *find_unnameable(slice path)
{
    for (const char *at = path.data; at < path.data + path.length; at++) {
        bool is_control = (unsigned char)*at < ' ' || *at == 0x7f;
        if (is_control || strchr("\\%*?[;=|", *at) != NULL)
            return at;
    }
    if (path.length > 0 && path.data[0] == '~')
        return path.data;
    const char *last = path.data + path.length - 1;
    return path.length > 0 && strchr(")&", *last) != NULL ? last : NULL;
}

static bool check_path(diagnostics *diags, slice path)
{
    const char *at = find_unnameable(path);

    if (at == NULL)
        return true;
    diag_report(
        diags, DIAG_CANNOT_WRITE, (span){0, 0, 0},
        "'%.*s' cannot stand in a depfile: make cannot read the character 0x%02x in a path; "
        "rename the file or its folder, or leave --depfile out",
        SLICE_PRINT(path), (unsigned)(unsigned char)*at);
    return false;
}

bool depfile_write(buffer *out, diagnostics *diags, const output_list *targets, const slice *inputs,
                   size_t input_count)
{
    bool good = true;

    for (size_t i = 0; i < targets->count; i++) {
        slice path = slice_of(targets->items[i].path);
        good = check_path(diags, path) && good;
        if (i > 0)
            buffer_append_char(out, ' ');
        append_path(out, path);
    }
    buffer_append_char(out, ':');
    for (size_t i = 0; i < input_count; i++) {
        good = check_path(diags, inputs[i]) && good;
        buffer_append_text(out, " \\\n  ");
        append_path(out, inputs[i]);
    }
    buffer_append_char(out, '\n');
    for (size_t i = 0; i < input_count; i++) {
        buffer_append_char(out, '\n');
        append_path(out, inputs[i]);
        buffer_append_text(out, ":\n");
    }
    return good;
}
