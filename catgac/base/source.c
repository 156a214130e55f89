/* source.c -- see source.h. */
#include "base/source.h"

#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Paths ----------------------------------------------------------------------------------- */

static slice base_name(slice path)
{
    size_t begin = path.length;

    while (begin > 0 && path.data[begin - 1] != '/')
        begin--;
    return (slice){path.data + begin, path.length - begin};
}

/* Returns the part before the last slash: "." for a bare name, "/" for an entry of the root
 * folder. */
static slice folder_of(slice path)
{
    size_t length = path.length - base_name(path).length;

    if (length == 0)
        return SLICE(".");
    return (slice){path.data, length > 1 ? length - 1 : 1};
}

static slice path_join(arena *memory, slice folder, slice path)
{
    if (slice_is(folder, "."))
        return slice_copy(memory, path);
    buffer joined = buffer_in(memory);
    buffer_append(&joined, folder);
    if (folder.data[folder.length - 1] != '/')
        buffer_append_char(&joined, '/');
    buffer_append(&joined, path);
    return buffer_slice(&joined);
}

/* Returns the real path, or an empty slice if the file does not exist. A store has no links. */
static slice real_path_of(const source_set *set, slice path)
{
    char resolved[PATH_MAX];

    if (set->store != NULL)
        return path;
    if (realpath(path.data, resolved) == NULL)
        return SLICE("");
    return slice_copy(set->memory, slice_of(resolved));
}

/* Returns the length of the root at the start of `path`, with its slash; 0 if `path` is outside. */
static size_t length_below(slice root, slice path)
{
    if (root.length == 0 || root.length > path.length ||
        memcmp(root.data, path.data, root.length) != 0)
        return 0;
    if (root.data[root.length - 1] == '/')
        return root.length;
    return path.length > root.length && path.data[root.length] == '/' ? root.length + 1 : 0;
}

static slice schema_path_of(const source_set *set, slice shown_path, slice real_path)
{
    size_t longest = 0;

    for (size_t i = 0; i < set->root_count; i++) {
        size_t length = length_below(set->roots[i].real_path, real_path);
        if (length > longest)
            longest = length;
    }
    if (longest == 0)
        return base_name(shown_path);
    return (slice){real_path.data + longest, real_path.length - longest};
}

/* Returns true for names joined by single slashes, none of them `.` or `..`. */
static bool import_path_is_plain(slice path)
{
    if (path.length == 0 || path.length >= PATH_MAX)
        return false;
    size_t begin = 0;
    for (size_t i = 0; i <= path.length; i++) {
        if (i < path.length && path.data[i] != '/') {
            if (path.data[i] == '\\' || (unsigned char)path.data[i] < ' ')
                return false;
            continue;
        }
        slice part = {path.data + begin, i - begin};
        if (part.length == 0 || slice_is(part, ".") || slice_is(part, ".."))
            return false;
        begin = i + 1;
    }
    return true;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static source *source_with_identity(const source_set *set, const struct stat *facts)
{
    for (size_t i = 0; i < set->source_count; i++) {
        source *known = set->sources[i];
        if (known->device == facts->st_dev && known->inode == facts->st_ino)
            return known;
    }
    return NULL;
}

static source_status refusal_of(const source_set *set, const struct stat *facts)
{
    if (!S_ISREG(facts->st_mode))
        return SOURCE_NOT_REGULAR;
    if ((uintmax_t)facts->st_size > set->size_limit)
        return SOURCE_TOO_LARGE;
    if (set->source_count == SOURCE_COUNT_LIMIT)
        return SOURCE_TOO_MANY;
    if ((size_t)facts->st_size > SOURCE_TOTAL_LIMIT - set->total_size)
        return SOURCE_TOO_MUCH;
    return SOURCE_OK;
}

/* Reads at most `size` bytes. Returns the number of bytes, or -1 with errno. */
static ssize_t read_all(int file, char *bytes, size_t size)
{
    size_t length = 0;

    while (length < size) {
        ssize_t step = read(file, bytes + length, size - length);
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return -1;
        if (step == 0)
            break;
        length += (size_t)step;
    }
    return (ssize_t)length;
}

static source *add_source(source_set *set, slice shown_path, slice real_path, slice text)
{
    source *added = ARENA_NEW(set->memory, source);

    added->shown_path = shown_path;
    added->real_path = real_path;
    added->schema_path = schema_path_of(set, shown_path, real_path);
    added->text = text;
    set->total_size += text.length;
    set->sources[set->source_count] = added;
    set->source_count++;
    added->number = (uint32_t)set->source_count;
    return added;
}

/* Reads the open file, unless it is loaded already. */
static source_status load_open_file(source_set *set, int file, slice shown_path, slice real_path,
                                    source **loaded)
{
    struct stat facts;

    if (fstat(file, &facts) != 0)
        return SOURCE_UNREADABLE;
    *loaded = source_with_identity(set, &facts);
    if (*loaded != NULL)
        return SOURCE_OK;
    source_status refusal = refusal_of(set, &facts);
    if (refusal != SOURCE_OK)
        return refusal;

    char *bytes = arena_try_array(set->memory, (size_t)facts.st_size + 1, 1);
    if (bytes == NULL) {
        close(file);
        arena_give_up(set->memory);
    }
    ssize_t length = read_all(file, bytes, (size_t)facts.st_size);
    if (length < 0)
        return SOURCE_UNREADABLE;
    *loaded = add_source(set, shown_path, real_path, (slice){bytes, (size_t)length});
    (*loaded)->device = facts.st_dev;
    (*loaded)->inode = facts.st_ino;
    return SOURCE_OK;
}

/* Reads a file of the store, unless it is loaded already. */
static source_status load_stored(source_set *set, slice path, source **loaded)
{
    const source_store *store = set->store;
    buffer shown = buffer_in(set->memory);

    buffer_printf(&shown, "%s:%.*s", store->name, (int)path.length - 1, path.data + 1);
    for (size_t i = 0; i < set->source_count; i++) {
        *loaded = set->sources[i];
        if (slice_equal((*loaded)->shown_path, buffer_slice(&shown)))
            return SOURCE_OK;
    }
    slice text;
    if (!store->read(store, set->memory, path, &text))
        return SOURCE_MISSING;
    struct stat facts = {.st_mode = S_IFREG, .st_size = (off_t)text.length};
    source_status refusal = refusal_of(set, &facts);
    if (refusal == SOURCE_OK)
        *loaded = add_source(set, buffer_slice(&shown), path, text);
    return refusal;
}

/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
static source_status load_path(source_set *set, slice shown_path, slice real_path, source **loaded)
{
    if (set->store != NULL)
        return load_stored(set, real_path, loaded);
    int file = open(shown_path.data, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0)
        return errno == ENOENT || errno == ENOTDIR ? SOURCE_MISSING : SOURCE_UNREADABLE;
    source_status status = load_open_file(set, file, shown_path, real_path, loaded);
    int cause = errno;
    close(file);
    errno = cause;
    return status;
}

/* ---- The set --------------------------------------------------------------------------------- */

void source_set_open(source_set *set, arena *memory, const char *const *roots, size_t root_count)
{
    *set = (source_set){.memory = memory, .size_limit = SOURCE_SIZE_LIMIT};
    source_set_turn(set, NULL, roots, root_count);
}

void source_set_turn(source_set *set, const source_store *store, const char *const *roots,
                     size_t root_count)
{
    set->store = store;
    source_root *kept = ARENA_ARRAY(set->memory, root_count, source_root);
    for (size_t i = 0; i < root_count; i++) {
        kept[i].shown_path = slice_copy(set->memory, slice_of(roots[i]));
        kept[i].real_path = real_path_of(set, kept[i].shown_path);
    }
    set->roots = kept;
    set->root_count = root_count;
}

source_status source_load_given(source_set *set, const char *path, const source **loaded)
{
    slice shown_path = slice_copy(set->memory, slice_of(path));
    slice real_path = real_path_of(set, shown_path);
    source *file = NULL;
    source_status status = load_path(set, shown_path, real_path, &file);

    if (status != SOURCE_OK)
        return status;
    if (file->home.real_path.length == 0) {
        slice shown_home = set->store != NULL ? real_path : file->shown_path;
        file->home = (source_root){folder_of(shown_home), folder_of(file->real_path)};
    }
    *loaded = file;
    return SOURCE_OK;
}

static source_status load_from_root(source_set *set, const source_root *root, slice path,
                                    source **loaded)
{
    if (root->real_path.length == 0)
        return SOURCE_MISSING;
    slice shown_path = path_join(set->memory, root->shown_path, path);
    slice real_path = real_path_of(set, shown_path);
    if (real_path.length == 0)
        return errno == ENOENT || errno == ENOTDIR ? SOURCE_MISSING : SOURCE_UNREADABLE;
    if (length_below(root->real_path, real_path) == 0)
        return SOURCE_OUTSIDE;
    return load_path(set, shown_path, real_path, loaded);
}

source_status source_load_import(source_set *set, const source *importer, slice path,
                                 const source **loaded)
{
    if (!import_path_is_plain(path))
        return SOURCE_BAD_PATH;
    source *file = NULL;
    source_status status = SOURCE_MISSING;
    for (size_t i = 0; i < set->root_count && status == SOURCE_MISSING; i++)
        status = load_from_root(set, &set->roots[i], path, &file);
    if (status == SOURCE_MISSING)
        status = load_from_root(set, &importer->home, path, &file);
    if (status != SOURCE_OK)
        return status;
    if (file->home.real_path.length == 0)
        file->home = importer->home;
    *loaded = file;
    return SOURCE_OK;
}

const source *source_from_text(source_set *set, const char *shown_path, slice text)
{
    if (set->source_count == SOURCE_COUNT_LIMIT)
        arena_give_up(set->memory);
    slice path = slice_copy(set->memory, slice_of(shown_path));
    return add_source(set, path, SLICE(""), slice_copy(set->memory, text));
}

const char *source_status_text(source_status status)
{
    switch (status) {
    case SOURCE_OK:
        return "it was read";
    case SOURCE_MISSING:
        return "there is no such file";
    case SOURCE_UNREADABLE:
        return strerror(errno);
    case SOURCE_NOT_REGULAR:
        return "it is not a regular file";
    case SOURCE_TOO_LARGE:
        return "it is larger than 1 MiB";
    case SOURCE_TOO_MANY:
        return "more than 256 files";
    case SOURCE_TOO_MUCH:
        return "more than 16 MiB of schemas";
    case SOURCE_BAD_PATH:
        return "an imported path is relative to a root and has no '.' or '..' in it";
    case SOURCE_OUTSIDE:
        return "it lies outside of the root that it was found in";
    }
    return "";
}

const source *source_by_number(const source_set *set, uint32_t number)
{
    return set->sources[number - 1];
}

/* ---- Places ---------------------------------------------------------------------------------- */

source_location source_locate(const source *file, uint32_t offset)
{
    const char *text = file->text.data;
    source_location found = {.line = 1, .column = 1};
    const char *line = text;
    const char *at = text + (offset < file->text.length ? offset : file->text.length);

    for (const char *end; (end = memchr(line, '\n', (size_t)(at - line))) != NULL; line = end + 1)
        found.line++;
    for (const char *byte = line; byte < at; byte++)
        found.column += !utf8_continues((unsigned char)*byte);

    size_t left = (size_t)(text + file->text.length - line);
    const char *end = memchr(line, '\n', left);
    found.line_text = (slice){line, end == NULL ? left : (size_t)(end - line)};
    if (found.line_text.length > 0 && line[found.line_text.length - 1] == '\r')
        found.line_text.length--;
    found.line_begin = (uint32_t)(line - text);
    return found;
}
