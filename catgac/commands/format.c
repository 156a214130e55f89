/* format.c -- `catgac fmt`: see command.h and format/format.h. */
#include "format/format.h"

#include "base/folder.h"
#include "base/output.h"
#include "commands/command.h"
#include "format/diff.h"
#include "syntax/parse.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* Reads standard input, at most one byte more than a schema may have. Returns NULL on an error. */
static const source *read_stdin(run *r)
{
    size_t size = r->sources.size_limit + 1;
    char *bytes = ARENA_ARRAY(&r->memory, size, char);
    size_t length = 0;
    ssize_t step;

    while (length < size && (step = read(STDIN_FILENO, bytes + length, size - length)) != 0) {
        if (step > 0)
            length += (size_t)step;
        else if (errno != EINTR)
            break;
    }
    if (length < size && step == 0)
        return source_from_text(&r->sources, "<stdin>", (slice){bytes, length});
    diag_report(&r->diags, DIAG_CANNOT_READ, (span){0, 0, 0}, "cannot read standard input: %s",
                length == size ? source_status_text(SOURCE_TOO_LARGE) : strerror(errno));
    r->diags.unread_count++;
    return NULL;
}

static size_t first_difference(slice left, slice right)
{
    size_t at = 0;

    while (at < left.length && at < right.length && left.data[at] == right.data[at])
        at++;
    return at;
}

/* Reports at the first line that differs from the style. */
static void report_unformatted(run *r, const source *file, slice wanted)
{
    uint32_t at = (uint32_t)first_difference(file->text, wanted);

    diag_report(&r->diags, DIAG_NOT_FORMATTED, (span){file->number, at, at},
                "this differs from the format of catgac fmt");
}

static void format_file(run *r, const source *file, bool from_stdin, output_list *outputs)
{
    size_t errors = r->diags.error_count;

    parse_source(&r->memory, &r->names, &r->diags, file);
    if (r->diags.error_count > errors)
        return;
    slice wanted = format_source(&r->memory, &r->diags, file);
    bool changes = !slice_equal(file->text, wanted);
    if (changes && r->chosen.format_check)
        report_unformatted(r, file, wanted);
    if (changes && r->chosen.format_diff)
        diff_texts(&r->memory, file->shown_path, file->text, wanted, &r->printed);
    if (r->chosen.format_check || r->chosen.format_diff)
        return;
    if (from_stdin)
        buffer_append(&r->printed, wanted);
    else if (changes)
        output_add(outputs, file->real_path.data, wanted);
}

static void format_path(run *r, const char *path, output_list *outputs)
{
    const source *file = is_stdin(path) ? read_stdin(r) : command_load(r, path);

    if (file != NULL)
        format_file(r, file, is_stdin(path), outputs);
}

enum exit_code command_format(run *r)
{
    output_list outputs = output_list_in(&r->memory);

    for (size_t i = 0; i < r->chosen.file_count; i++) {
        path_list found = {&r->chosen.files[i], 1, 1};
        if (!is_stdin(r->chosen.files[i]))
            found = command_schemas(r, r->chosen.files[i]);
        for (size_t j = 0; j < found.count; j++)
            format_path(r, found.items[j], &outputs);
    }
    return outputs_commit(&outputs, &r->diags) ? EXIT_GOOD : EXIT_FILES;
}
