/* Writes files that appear when they are complete; see spool.h. */
#include "objects/spool.h"

#include "base/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool fail(catga_spool *spool)
{
    spool->error = errno;
    return false;
}

/* Returns the length of the directory of the path, with its last slash; 0: the current directory.
 */
static size_t directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* Opens the directory of the path. Returns -1 after a failure. */
static int open_directory(const catga_spool *spool, int flags)
{
    size_t length = directory_length(spool->path);
    char *directory = length == 0 ? strdup(".") : strndup(spool->path, length);

    if (directory == NULL)
        return -1;
    int fd = open(directory, flags | O_CLOEXEC, 0666);
    int error = errno;
    free(directory);
    errno = error;
    return fd;
}

/* Chooses a name in the same directory, so that a rename is atomic. */
static bool set_spare(catga_spool *spool)
{
    uint64_t number;

    arc4random_buf(&number, sizeof number);
    return asprintf(&spool->spare, "%.*s.catga-%016" PRIx64, (int)directory_length(spool->path),
                    spool->path, number) >= 0;
}

bool catga_spool_begin(catga_spool *spool, const char *path)
{
    *spool = (catga_spool){.path = path, .fd = -1};
    if (!set_spare(spool)) {
        spool->spare = NULL;
        errno = ENOMEM;
        return fail(spool);
    }
    spool->fd = catga_descriptor_above_standard(open_directory(spool, O_TMPFILE | O_WRONLY));
    if (spool->fd >= 0)
        return true;
    if (errno != EOPNOTSUPP && errno != EISDIR)
        return fail(spool);
    spool->fd = catga_descriptor_above_standard(
        open(spool->spare, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    spool->has_name = spool->fd >= 0;
    return spool->has_name || fail(spool);
}

bool catga_spool_restart(catga_spool *spool)
{
    return (ftruncate(spool->fd, 0) == 0 && lseek(spool->fd, 0, SEEK_SET) == 0) || fail(spool);
}

bool catga_spool_write(catga_spool *spool, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(spool->fd, bytes, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(spool);
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

/* Gives the file its first name. */
static bool name_file(catga_spool *spool)
{
    char link[32];

    if (spool->has_name)
        return true;
    snprintf(link, sizeof link, "/proc/self/fd/%d", spool->fd);
    spool->has_name = linkat(AT_FDCWD, link, AT_FDCWD, spool->spare, AT_SYMLINK_FOLLOW) == 0;
    return spool->has_name;
}

/* Writes the new entry of the directory to the disk. */
static bool sync_directory(const catga_spool *spool)
{
    int directory = open_directory(spool, O_RDONLY | O_DIRECTORY);
    bool is_synced = directory >= 0 && fsync(directory) == 0;
    int error = errno;

    if (directory >= 0)
        close(directory);
    errno = error;
    return is_synced;
}

bool catga_spool_commit(catga_spool *spool)
{
    if (fsync(spool->fd) != 0 || !name_file(spool) || rename(spool->spare, spool->path) != 0)
        return fail(spool);
    spool->has_name = false;
    return sync_directory(spool) || fail(spool);
}

void catga_spool_end(catga_spool *spool)
{
    if (spool->has_name)
        unlink(spool->spare);
    if (spool->fd >= 0)
        close(spool->fd);
    free(spool->spare);
}
