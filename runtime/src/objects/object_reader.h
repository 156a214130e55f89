/* Reads messages of a store in order: chunks or infos. The transport's thread brings them, and
 * waits when CATGA_OBJECT_READ_AHEAD of them wait for the thread that owns the reader. */
#ifndef CATGA_OBJECT_READER_H
#define CATGA_OBJECT_READER_H

#include "objects/object_access.h"

enum { CATGA_OBJECT_READ_AHEAD = 8 };

typedef struct catga_object_message {
    catga_incoming message;
    uint64_t pending; /* messages that follow */
} catga_object_message;

typedef struct catga_object_reader {
    catga_object_access *access;
    catga_reader *native;
    pthread_mutex_t lock; /* guards the fields below */
    pthread_cond_t changed;
    catga_object_message messages[CATGA_OBJECT_READ_AHEAD];
    unsigned first;
    unsigned count;
    bool caught_up; /* the messages that were stored at the beginning have come */
    bool ended;
} catga_object_reader;

/* Begins to read from a subject, which may have wildcards. The reader must stay where it is; the
 * caller ends it after CATGA_OK. */
catga_status catga_object_reader_begin(catga_object_reader *reader, catga_object_access *access,
                                       const char *subject, catga_read_start start,
                                       bool headers_only);

/* Waits for the next message that was stored when reading began, and perhaps later ones. The caller
 * releases it. CATGA_NOT_FOUND: no more were stored. CATGA_TIMEOUT: none came for `wait_ns`. */
catga_status catga_object_reader_next(catga_object_reader *reader, int64_t wait_ns,
                                      catga_object_message *next);

void catga_object_reader_end(catga_object_reader *reader);

#endif
