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

/* Makes the folders of a path. `folder` has room for the path. Sets `made` to the length of the
 * first folder's path that did not exist. */
static bool make_folders(const char *path, char *folder, size_t *made)
{
    strcpy(folder, path);
    for (char *at = folder + 1; folder[0] != '\0' && *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        bool is_new = mkdir(folder, 0777) == 0;
        if (!is_new && errno != EEXIST)
            return false;
        if (is_new && *made == 0)
            *made = (size_t)(at - folder);
        *at = '/';
    }
    return true;
}

/* Removes the folders that make_folders() made, unless they have other files by now. */
static void remove_folders(const char *path, char *folder, size_t made)
{
    if (made == 0)
        return;
    strcpy(folder, path);
    for (char *at = strrchr(folder, '/'); at != NULL && (size_t)(at - folder) >= made;
         at = strrchr(folder, '/')) {
        *at = '\0';
        (void)rmdir(folder);
    }
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

/* Returns why the path must not be replaced, or NULL: it is a folder, a device or a pipe. */
static const char *reason_to_stay(const char *path)
{
    struct stat there;

    if (lstat(path, &there) != 0 || S_ISREG(there.st_mode) || S_ISLNK(there.st_mode))
        return NULL;
    return S_ISDIR(there.st_mode) ? strerror(EISDIR) : "it is neither a file nor a link";
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
    char *name;         /* of the temporary file */
    char *old;          /* of a second hard link to the replaced file */
    size_t made_folder; /* length of the path of the first new folder, or 0 */
    bool is_beside;     /* the temporary file exists */
    bool is_kept;       /* the second link exists */
    bool can_be_undone; /* the target was absent, or the second link exists */
} staged;

/* Writes the new content to the temporary file. Returns false with errno. */
static bool stage(staged *one, size_t number)
{
    if (!make_folders(one->wanted->path, one->name, &one->made_folder))
        return false;
    int file = create_beside(one->wanted->path, number, one->name);
    if (file < 0)
        return false;
    one->is_beside = true;
    /* Syncs a file that replaces another, so that a crash loses neither. */
    bool replaces = keep_mode(file, one->wanted->path);
    bool written = write_all(file, one->wanted->content) && (!replaces || fsync(file) == 0);
    int reason = errno;
    if (close(file) != 0 && written)
        return false;
    errno = reason;
    return written;
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

/* Renames the temporary file to the target, and keeps the replaced file. */
static bool rename_staged(staged *one)
{
    const char *path = one->wanted->path;

    strcat(strcpy(one->old, one->name), "-old");
    one->is_kept = linkat(AT_FDCWD, path, AT_FDCWD, one->old, 0) == 0;
    one->can_be_undone = one->is_kept || errno == ENOENT;
    if (rename(one->name, path) != 0)
        return false;
    one->is_beside = false;
    return true;
}

static void undo_rename(staged *one)
{
    if (one->is_kept)
        one->is_kept = rename(one->old, one->wanted->path) != 0;
    else if (one->can_be_undone)
        unlink(one->wanted->path);
}

/* Returns the first output that failed, with errno, or NULL. After a failure no target has
 * changed. */
static const output *rename_all(staged *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!all[i].is_beside || rename_staged(&all[i]))
            continue;
        int reason = errno;
        const output *failed = all[i].wanted;
        while (i-- > 0)
            undo_rename(&all[i]);
        errno = reason;
        return failed;
    }
    return NULL;
}

static void clean_up(staged *all, size_t count, bool failed)
{
    for (size_t i = count; i-- > 0;) {
        if (all[i].is_beside)
            unlink(all[i].name);
        if (all[i].is_kept)
            unlink(all[i].old);
        if (failed)
            remove_folders(all[i].wanted->path, all[i].name, all[i].made_folder);
    }
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
        failed = rename_all(all, count);
    int reason = errno;
    clean_up(all, count, failed != NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return failed;
}

static bool report_failure(diagnostics *diags, const output *failed, const char *reason)
{
    diag_report(diags, DIAG_CANNOT_WRITE, (span){0, 0, 0}, "cannot write '%s': %s", failed->path,
                reason);
    return false;
}

bool outputs_commit(const output_list *outputs, diagnostics *diags)
{
    staged *all = ARENA_ARRAY(outputs->memory, outputs->count, staged);
    bool good = true;

    for (size_t i = 0; i < outputs->count; i++) {
        const output *wanted = &outputs->items[i];
        size_t room = strlen(wanted->path) + NAME_ROOM;
        all[i] = (staged){.wanted = wanted,
                          .name = ARENA_ARRAY(outputs->memory, room, char),
                          .old = ARENA_ARRAY(outputs->memory, room, char)};
        const char *reason = reason_to_stay(wanted->path);
        if (reason != NULL)
            good = report_failure(diags, wanted, reason);
    }
    const output *failed = good ? commit(all, outputs->count) : NULL;
    return failed != NULL ? report_failure(diags, failed, strerror(errno)) : good;
}
