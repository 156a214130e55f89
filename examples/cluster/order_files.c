/* The files of orders; see order_files.h. A file begins with the hash of its command's bytes. */
#include "order_files.h"

#include "order_id.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

enum { REQUEST = 32, PATH = 512 };

/* ---- Names ---- */

/* Writes the path of a claim: its bucket, which names the command, and the id of its order. */
static void claim_path(const order_files *self, const catga_claim *claim, char path[PATH])
{
    char id[ORDER_ID_SIZE];

    order_id_of(claim->key, id);
    snprintf(path, PATH, "%s/%.*s.%s", self->folder, CATGA_PRINT(claim->bucket), id);
}

/* Returns false if no order can have this id; an id from a client may be a path. */
static bool order_path(const order_files *self, const char *kind, catga_string id, char path[PATH])
{
    for (size_t i = 0; i < id.length; i++)
        if (!isxdigit((unsigned char)id.data[i]))
            return false;
    snprintf(path, PATH, "%s/%s.%.*s", self->folder, kind, CATGA_PRINT(id));
    return id.length == ORDER_ID_SIZE - 1;
}

/* ---- Claims ---- */

/* Reads the record of a handled command. Its answer is valid until the thread reads the next one.
 */
static catga_claim_result read_record(int file, catga_claim *claim)
{
    static _Thread_local uint8_t record[REQUEST + ORDER_BYTES];
    ssize_t length = read(file, record, sizeof record);

    if (length < 0)
        return CATGA_CLAIM_UNKNOWN;
    if (length < REQUEST)
        return CATGA_CLAIM_TAKEN;
    if (!catga_string_equal(claim->request, (catga_string){(const char *)record, REQUEST}))
        return CATGA_CLAIM_REUSED;
    claim->answer = (catga_bytes){record + REQUEST, (size_t)length - REQUEST};
    return CATGA_CLAIM_DONE;
}

/* The lock ends with the process, so the claim of a dead replica is free at once. */
static catga_claim_result claim(void *user, catga_claim *claim)
{
    char path[PATH];

    claim_path(user, claim, path);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return CATGA_CLAIM_UNKNOWN;
    catga_claim_result result =
        flock(file, LOCK_EX | LOCK_NB) == 0 ? read_record(file, claim) : CATGA_CLAIM_HELD;
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
    const struct iovec parts[] = {{(void *)(uintptr_t)claim->request.data, claim->request.length},
                                  {(void *)(uintptr_t)claim->answer.data, claim->answer.length}};
    size_t length = claim->request.length + claim->answer.length;
    bool stored = claim->error.code != 0 ||
                  writev((int)(intptr_t)claim->of_store, parts, 2) == (ssize_t)length;

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

    if (!order_path(self, "CLUSTER_ORDERS_V1_CreateOrder", order_id, path))
        return false;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = pread(file, bytes, ORDER_BYTES, REQUEST);
    close(file);
    return length > 0 && cluster_orders_order_open(bytes, (size_t)length, view, NULL) == CATGA_OK;
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
