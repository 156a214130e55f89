/*
 * The files of orders; see order_files.h. The name of a file is the name of its command and the id
 * of its order. Its record is a record_head and the answer.
 */
#include "order_files.h"

#include "order_id.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

enum { REQUEST = 32, PATH = 512 };

/* A replica that is killed while it writes leaves fewer bytes than `answer_length` says. */
typedef struct record_head {
    char request[REQUEST]; /* hash of the command's bytes */
    uint32_t answer_length;
} record_head;

/* ---- Names ---- */

/* Returns false with errno if the path is too long: cut off, it would be that of other files too.
 */
static bool write_path(const order_files *self, catga_string kind, const char *id, char path[PATH])
{
    int length = snprintf(path, PATH, "%s/%.*s.%s", self->folder, CATGA_PRINT(kind), id);

    if (length >= 0 && length < PATH)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

/* Returns the name of a command, the end of its bucket's name: a prefix may begin that. */
static catga_string command_of(catga_string bucket)
{
    size_t begin = bucket.length;

    while (begin > 0 && bucket.data[begin - 1] != '_')
        begin--;
    return (catga_string){bucket.data + begin, bucket.length - begin};
}

static bool claim_path(const order_files *self, const catga_claim *claim, char path[PATH])
{
    char id[ORDER_ID_SIZE];

    order_id_of(claim->key, id);
    return write_path(self, command_of(claim->bucket), id, path);
}

/* Returns whether an order can have this id; an id from a client may be a path. */
static bool is_order_id(catga_string id)
{
    for (size_t i = 0; i < id.length; i++)
        if (!isxdigit((unsigned char)id.data[i]))
            return false;
    return id.length == ORDER_ID_SIZE - 1;
}

/* Returns false with errno if no order can have this id. */
static bool order_path(const order_files *self, const char *kind, catga_string order_id,
                       char path[PATH])
{
    char id[ORDER_ID_SIZE];

    if (!is_order_id(order_id)) {
        errno = EINVAL;
        return false;
    }
    snprintf(id, sizeof id, "%.*s", CATGA_PRINT(order_id));
    return write_path(self, catga_str(kind), id, path);
}

/* ---- Records ---- */

/* Returns the length of the record, 0 if the file has no whole record, or -1 with errno. */
static ssize_t read_record(int file, record_head *head, uint8_t answer[ORDER_BYTES])
{
    const struct iovec parts[] = {{head, sizeof *head}, {answer, ORDER_BYTES}};
    ssize_t length = preadv(file, parts, 2, 0);

    if (length < 0)
        return -1;
    bool is_whole =
        (size_t)length >= sizeof *head && head->answer_length <= (size_t)length - sizeof *head;
    return is_whole ? length : 0;
}

/* Returns false if the disk is full; the file is then empty. */
static bool write_record(int file, const catga_claim *claim)
{
    record_head head = {.answer_length = (uint32_t)claim->answer.length};
    const struct iovec parts[] = {{&head, sizeof head},
                                  {(void *)(uintptr_t)claim->answer.data, claim->answer.length}};

    memcpy(head.request, claim->request.data, REQUEST);
    if (pwritev(file, parts, 2, 0) == (ssize_t)(sizeof head + claim->answer.length))
        return true;
    (void)!ftruncate(file, 0);
    return false;
}

/* ---- Claims ---- */

/* Reads the outcome of a claimed command. Its answer is valid until the thread reads the next one.
 */
static catga_claim_result read_outcome(int file, catga_claim *claim)
{
    static _Thread_local uint8_t answer[ORDER_BYTES];
    record_head head;
    ssize_t length = read_record(file, &head, answer);

    if (length < 0)
        return CATGA_CLAIM_UNKNOWN;
    if (length == 0)
        return ftruncate(file, 0) == 0 ? CATGA_CLAIM_TAKEN : CATGA_CLAIM_UNKNOWN;
    if (!catga_string_equal(claim->request, (catga_string){head.request, REQUEST}))
        return CATGA_CLAIM_REUSED;
    claim->answer = (catga_bytes){answer, head.answer_length};
    return CATGA_CLAIM_DONE;
}

/* The lock ends with the process, so the claim of a dead replica is free at once. */
static catga_claim_result claim(void *user, catga_claim *claim)
{
    char path[PATH];

    if (!claim_path(user, claim, path))
        return CATGA_CLAIM_UNKNOWN;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return CATGA_CLAIM_UNKNOWN;
    catga_claim_result result =
        flock(file, LOCK_EX | LOCK_NB) == 0 ? read_outcome(file, claim) : CATGA_CLAIM_HELD;
    if (result == CATGA_CLAIM_TAKEN)
        claim->of_store = (void *)(intptr_t)file;
    else
        close(file);
    return result;
}

static void release(void *user, catga_claim *claim)
{
    (void)user;
    close((int)(intptr_t)claim->of_store);
}

/* Stores the answer. A declared error leaves an empty file: the command has no effect. */
static bool done(void *user, catga_claim *claim)
{
    bool stored = claim->error.code != 0 || write_record((int)(intptr_t)claim->of_store, claim);

    release(user, claim);
    return stored;
}

catga_claim_store order_files_claims(order_files *self)
{
    return (catga_claim_store){.claim = claim, .done = done, .release = release, .user = self};
}

/* ---- Orders ---- */

bool order_files_read(const order_files *self, catga_string order_id, uint8_t bytes[ORDER_BYTES],
                      cluster_orders_order_view *view)
{
    char path[PATH];
    record_head head;

    if (!order_path(self, "CreateOrder", order_id, path))
        return false;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = read_record(file, &head, bytes);
    close(file);
    return length > 0 &&
           cluster_orders_order_open(bytes, head.answer_length, view, NULL) == CATGA_OK;
}

bool order_files_ship(const order_files *self, catga_string order_id)
{
    char path[PATH];

    if (!order_path(self, "shipped", order_id, path))
        return false;
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return file >= 0 && close(file) == 0;
}

bool order_files_is_shipped(const order_files *self, catga_string order_id)
{
    char path[PATH];

    return order_path(self, "shipped", order_id, path) && access(path, F_OK) == 0;
}
