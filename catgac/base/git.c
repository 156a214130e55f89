/* git.c -- see git.h. Runs git with a list of arguments, never through a shell. Refuses names
 * that could be options. */
#include "base/git.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LISTING_LIMIT = 64 << 20 };

extern char **environ;

/* ---- Running it ------------------------------------------------------------------------------ */

/* Reads to the end of the pipe, at most `limit` bytes. */
static bool read_pipe(int pipe_end, size_t limit, buffer *out)
{
    char piece[16384];

    for (;;) {
        ssize_t length = read(pipe_end, piece, sizeof piece);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            return length == 0;
        if ((size_t)length > limit - out->length)
            return false;
        buffer_append(out, (slice){piece, (size_t)length});
    }
}

static bool spawn(pid_t *child, int output, const char *const *arguments)
{
    posix_spawn_file_actions_t actions;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    bool good = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
                posix_spawn_file_actions_adddup2(&actions, output, 1) == 0 &&
                posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) == 0 &&
                posix_spawnp(child, "git", &actions, NULL, (char *const *)(uintptr_t)arguments,
                             environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return good;
}

/* Appends the output of git. Returns false if git did not start, failed, or printed more than
 * `limit`. */
static bool run_git(const char *const *arguments, size_t limit, buffer *out)
{
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    bool started = spawn(&child, ends[1], arguments);
    close(ends[1]);
    bool good = started && read_pipe(ends[0], limit, out);
    close(ends[0]);
    int status = 0;
    while (started && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Returns the first line that git prints, or NULL if git fails. */
static char *ask_git(arena *memory, const char *const *arguments)
{
    buffer out = buffer_in(memory);

    if (!run_git(arguments, SOURCE_SIZE_LIMIT, &out) || out.length == 0)
        return NULL;
    if (out.data[out.length - 1] == '\n')
        out.data[--out.length] = '\0';
    return out.data;
}

/* ---- A revision ------------------------------------------------------------------------------ */

static bool read_file(const source_store *store, arena *memory, slice path, slice *text)
{
    const git_revision *from = store->context;
    bool is_there = false;

    for (size_t i = 0; i < from->paths.count && !is_there; i++)
        is_there = slice_is(path, from->paths.items[i]);
    if (!is_there)
        return false;
    buffer object = buffer_in(memory);
    buffer_printf(&object, "%s:%.*s", from->revision, (int)path.length - 1, path.data + 1);
    const char *arguments[] = {"git", "-C", from->top.data, "cat-file", "blob", object.data, NULL};
    buffer content = buffer_in(memory);
    buffer_append_text(&content, "");
    if (!run_git(arguments, 2 * SOURCE_SIZE_LIMIT, &content))
        return false;
    *text = buffer_slice(&content);
    return true;
}

static bool list_files(arena *memory, git_revision *of)
{
    const char *arguments[] = {"git", "-C",          of->top.data,  "ls-tree",    "-r",
                               "-z",  "--name-only", "--full-tree", of->revision, NULL};
    buffer names = buffer_in(memory);

    if (!run_git(arguments, LISTING_LIMIT, &names))
        return false;
    for (size_t at = 0; at < names.length; at += strlen(names.data + at) + 1) {
        buffer path = buffer_in(memory);
        buffer_printf(&path, "/%s", names.data + at);
        path_list_add(memory, &of->paths, path.data);
    }
    return true;
}

const git_revision *git_open(arena *memory, const char *folder, const char *name,
                             const char **problem)
{
    git_revision *made = ARENA_NEW(memory, git_revision);
    const char *top_arguments[] = {"git", "-C", folder, "rev-parse", "--show-toplevel", NULL};
    const char *top = ask_git(memory, top_arguments);

    *problem = "the schemas are in no work tree of git";
    if (top == NULL)
        return NULL;

    buffer commit = buffer_in(memory);
    buffer_printf(&commit, "%s^{commit}", name);
    const char *arguments[] = {"git",      "-C",      folder,      "rev-parse",
                               "--verify", "--quiet", commit.data, NULL};
    *problem = "there is no such file or folder, and git knows no such revision";
    made->revision = name[0] == '-' || name[0] == '\0' ? NULL : ask_git(memory, arguments);
    if (made->revision == NULL)
        return NULL;

    made->top = slice_of(top);
    made->store = (source_store){name, read_file, made};
    *problem = "git does not list its files";
    return list_files(memory, made) ? made : NULL;
}
