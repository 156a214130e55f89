/* output.c -- see output.h. */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The list -------------------------------------------------------------------------------- */

output_list output_list_in(arena *memory)
{
    return (output_list){.memory = memory};
}

void output_add(output_list *outputs, const char *path, slice content)
{
    if (outputs->count == outputs->capacity) {
        size_t capacity = outputs->capacity == 0 ? 8 : 2 * outputs->capacity;
        output *larger = ARENA_ARRAY(outputs->memory, capacity, output);
        if (outputs->count > 0)
            memcpy(larger, outputs->items, outputs->count * sizeof *larger);
        outputs->items = larger;
        outputs->capacity = capacity;
    }
    outputs->items[outputs->count++] = (output){path, content};
}

/* ---- Files ----------------------------------------------------------------------------------- */

enum { COMPARE_SIZE = 16384, NAME_ATTEMPTS = 100 };

static bool has_content(int file, slice expected)
{
    char piece[COMPARE_SIZE];
    size_t compared = 0;
    for (;;) {
        ssize_t length = read(file, piece, sizeof piece);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            return length == 0 && compared == expected.length;
        if ((size_t)length > expected.length - compared ||
            memcmp(piece, expected.data + compared, (size_t)length) != 0)
            return false;
        compared += (size_t)length;
    }
}

/* True when the target is a regular file with this content. */
static bool is_unchanged(const output *wanted)
{
    int file = open(wanted->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return false;
    struct stat status;
    bool same = fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
                (size_t)status.st_size == wanted->content.length &&
                has_content(file, wanted->content);
    close(file);
    return same;
}

static bool make_folders(arena *memory, const char *path)
{
    char *folder = ARENA_ARRAY(memory, strlen(path) + 1, char);
    strcpy(folder, path);
    for (char *at = folder + 1; folder[0] != '\0' && *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    return true;
}

static bool write_all(int file, slice content)
{
    while (content.length > 0) {
        ssize_t written = write(file, content.data, content.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        content.data += written;
        content.length -= (size_t)written;
    }
    return fsync(file) == 0;
}

/* Creates a new file beside the target, so that renaming it stays on one file system; `number`
 * keeps the files of one run apart, the attempts those of a run that was killed. Returns its
 * descriptor, or -1. */
static int create_beside(arena *memory, const char *path, size_t number, char **name)
{
    const char *slash = strrchr(path, '/');
    int folder_length = slash == NULL ? 0 : (int)(slash + 1 - path);
    for (int attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
        buffer made = buffer_in(memory);
        buffer_printf(&made, "%.*s.catgac-%ld-%zu-%d", folder_length, path, (long)getpid(), number,
                      attempt);
        *name = made.data;
        int file = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST)
            return file;
    }
    return -1;
}

/* What takes the place of a file may be read and written by whom that could be. */
static void keep_mode(int file, const char *path)
{
    struct stat replaced;
    if (lstat(path, &replaced) == 0 && S_ISREG(replaced.st_mode))
        (void)fchmod(file, replaced.st_mode & 0777);
}

/* ---- Committing ------------------------------------------------------------------------------ */

/* Writes the new content beside the target and returns the name of that file; NULL on failure,
 * with errno. */
static const char *stage(arena *memory, const output *wanted, size_t number)
{
    char *name = NULL;
    if (!make_folders(memory, wanted->path))
        return NULL;
    int file = create_beside(memory, wanted->path, number, &name);
    if (file < 0)
        return NULL;
    keep_mode(file, wanted->path);
    bool written = write_all(file, wanted->content);
    int reason = errno;
    if (close(file) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (written)
        return name;
    unlink(name);
    errno = reason;
    return NULL;
}

static void report_failure(diagnostics *diags, const output *wanted)
{
    diag_report(diags, DIAG_CANNOT_WRITE, (span){0, 0, 0}, "cannot write '%s': %s", wanted->path,
                strerror(errno));
}

static void remove_staged(const char *const *staged, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (staged[i] != NULL)
            unlink(staged[i]);
    }
}

/* staged[i] becomes the name of the new content of outputs->items[i], NULL where it is the same. */
static bool stage_all(const output_list *outputs, const char **staged, diagnostics *diags)
{
    for (size_t i = 0; i < outputs->count; i++) {
        const output *wanted = &outputs->items[i];
        if (is_unchanged(wanted))
            continue;
        staged[i] = stage(outputs->memory, wanted, i);
        if (staged[i] == NULL) {
            report_failure(diags, wanted);
            remove_staged(staged, i);
            return false;
        }
    }
    return true;
}

static bool name_all(const output_list *outputs, const char **staged, diagnostics *diags)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (staged[i] != NULL && rename(staged[i], outputs->items[i].path) != 0) {
            report_failure(diags, &outputs->items[i]);
            remove_staged(staged + i, outputs->count - i);
            return false;
        }
    }
    return true;
}

bool outputs_commit(const output_list *outputs, diagnostics *diags)
{
    const char **staged = ARENA_ARRAY(outputs->memory, outputs->count, const char *);
    return stage_all(outputs, staged, diags) && name_all(outputs, staged, diags);
}

/* ---- Depfile --------------------------------------------------------------------------------- */

/* What make and ninja both read as this path. */
static void append_dependency_path(buffer *out, slice path)
{
    for (size_t i = 0; i < path.length; i++) {
        char character = path.data[i];
        if (character == ' ' || character == '#')
            buffer_append_char(out, '\\');
        else if (character == '$')
            buffer_append_char(out, '$');
        buffer_append_char(out, character);
    }
}

slice depfile_text(arena *memory, const output_list *targets, const slice *inputs,
                   size_t input_count)
{
    buffer out = buffer_in(memory);
    for (size_t i = 0; i < targets->count; i++) {
        if (i > 0)
            buffer_append_char(&out, ' ');
        append_dependency_path(&out, slice_of(targets->items[i].path));
    }
    buffer_append_char(&out, ':');
    for (size_t i = 0; i < input_count; i++) {
        buffer_append_text(&out, " \\\n  ");
        append_dependency_path(&out, inputs[i]);
    }
    buffer_append_char(&out, '\n');
    for (size_t i = 0; i < input_count; i++) {
        buffer_append_char(&out, '\n');
        append_dependency_path(&out, inputs[i]);
        buffer_append_text(&out, ":\n");
    }
    return buffer_slice(&out);
}
