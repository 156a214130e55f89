/* output.c -- see output.h. */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

enum { COMPARE_SIZE = 16384, NAME_ATTEMPTS = 100, NAME_ROOM = 64 };

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

/* Returns true if the target is a regular file with this content. */
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

/* `folder` has room for the path. */
static bool make_folders(const char *path, char *folder)
{
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
    return true;
}

/* Creates a temporary file beside the target, so that rename() stays on one file system.
 * `number` is unique within a run; several attempts skip files that a killed run left. Returns a
 * descriptor or -1. `name` has room for NAME_ROOM bytes more than the path. */
static int create_beside(const char *path, size_t number, char *name)
{
    const char *slash = strrchr(path, '/');
    int folder_length = slash == NULL ? 0 : (int)(slash + 1 - path);
    for (int attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
        snprintf(name, strlen(path) + NAME_ROOM, "%.*s.catgac-%ld-%zu-%d", folder_length, path,
                 (long)getpid(), number, attempt);
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST)
            return file;
    }
    return -1;
}

/* Returns true for devices and pipes, which must not be replaced. rename() itself refuses
 * folders. */
static bool may_be_replaced(const char *path)
{
    struct stat there;
    return lstat(path, &there) != 0 || S_ISREG(there.st_mode) || S_ISLNK(there.st_mode) ||
           S_ISDIR(there.st_mode);
}

/* Copies the permissions of the file that is replaced. Returns false if there is no such file. */
static bool keep_mode(int file, const char *path)
{
    struct stat replaced;
    if (lstat(path, &replaced) != 0 || !S_ISREG(replaced.st_mode))
        return false;
    (void)fchmod(file, replaced.st_mode & 0777);
    return true;
}

/* ---- Committing ------------------------------------------------------------------------------ */

/* An output that is being written. */
typedef struct staged {
    const output *wanted;
    char *name;     /* of the temporary file; NULL before it exists */
    bool is_beside; /* the target has its new content */
} staged;

/* Writes the new content to the temporary file. Returns false with errno; errno is 0 if the
 * target must not be replaced. */
static bool stage(staged *one, size_t number)
{
    errno = 0;
    if (!may_be_replaced(one->wanted->path))
        return false;
    if (!make_folders(one->wanted->path, one->name))
        return false;
    int file = create_beside(one->wanted->path, number, one->name);
    if (file < 0)
        return false;
    one->is_beside = true;
    /* Syncs a file that replaces another, so that a crash loses neither. A new file replaces
     * nothing. */
    bool replaces = keep_mode(file, one->wanted->path);
    bool written = write_all(file, one->wanted->content) && (!replaces || fsync(file) == 0);
    int reason = errno;
    if (close(file) != 0 && written)
        return false;
    errno = reason;
    return written;
}

static void remove_staged(const staged *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].is_beside)
            unlink(all[i].name);
    }
}

/* Returns the first output that failed, with errno, or NULL. */
static const output *stage_all(staged *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_unchanged(all[i].wanted) && !stage(&all[i], i))
            return all[i].wanted;
    }
    return NULL;
}

static const output *name_all(staged *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].is_beside && rename(all[i].name, all[i].wanted->path) != 0)
            return all[i].wanted;
        all[i].is_beside = false;
    }
    return NULL;
}

/* Allocates nothing while it runs, and blocks the signals that end the program: no temporary
 * file remains, and either all targets change or none. */
static const output *commit(staged *all, size_t count)
{
    sigset_t ending, before;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    sigprocmask(SIG_BLOCK, &ending, &before);
    const output *failed = stage_all(all, count);
    if (failed == NULL)
        failed = name_all(all, count);
    int reason = errno;
    remove_staged(all, count);
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return failed;
}

bool outputs_commit(const output_list *outputs, diagnostics *diags)
{
    staged *all = ARENA_ARRAY(outputs->memory, outputs->count, staged);
    for (size_t i = 0; i < outputs->count; i++) {
        all[i].wanted = &outputs->items[i];
        all[i].name =
            ARENA_ARRAY(outputs->memory, strlen(outputs->items[i].path) + NAME_ROOM, char);
    }
    const output *failed = commit(all, outputs->count);
    if (failed != NULL)
        diag_report(diags, DIAG_CANNOT_WRITE, (span){0, 0, 0}, "cannot write '%s': %s",
                    failed->path, errno == 0 ? "it is neither a file nor a link" : strerror(errno));
    return failed == NULL;
}

/* ---- Depfile --------------------------------------------------------------------------------- */

/* Appends a path, escaped for make and ninja. */
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
