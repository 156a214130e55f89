/* The use of a store in one call of a program. */
#ifndef CATGA_OBJECT_ACCESS_H
#define CATGA_OBJECT_ACCESS_H

#include "bus/bus_state.h"
#include "objects/object_names.h"

typedef struct catga_object_access {
    catga_bus_state *state;
    catga_transport *transport;
    const catga_stream_operations *streams;
    char store[CATGA_OBJECT_STORE_NAME]; /* its name, with the prefix */
    char stream[CATGA_OBJECT_STREAM];
    int64_t wait_ns;        /* longest time without progress */
    catga_problem *problem; /* the caller's, or `unwanted` */
    catga_problem unwanted;
} catga_object_access;

/* Begins the use of a store. It must stay where it is, and needs no end. CATGA_INVALID_ARGUMENT,
 * CATGA_UNSUPPORTED, CATGA_CLOSED, CATGA_DRAINING, CATGA_WOULD_DEADLOCK. */
catga_status catga_object_access_begin(catga_object_access *access, catga_bus *bus,
                                       const catga_object_store *store, catga_problem *problem);

/* Begins the use of the store to which a link leads, on the same bus. */
void catga_object_access_linked(catga_object_access *access, const catga_object_access *from,
                                catga_string store);

/* Checks the name of an object. */
catga_status catga_object_access_name(const catga_object_access *access, catga_string name);

/* Returns the end of the time in which an operation is tried. */
int64_t catga_object_deadline(const catga_object_access *access);

/* Returns true, after a pause, if an operation failed since the server was absent, and has time for
 * another try. At the end of its time, describes the failure in access->problem. */
bool catga_object_try_again(const catga_object_access *access, catga_status status, int64_t end_ns);

/* Begins to read the store's stream, as the transport does. */
catga_status catga_object_begin_read(catga_object_access *access,
                                     const catga_reader_settings *settings, catga_reader **reader);

/* Translates CATGA_NOT_FOUND of a stream to CATGA_NO_RESPONDERS, and describes it. */
catga_status catga_object_missing(const catga_object_access *access, catga_status status);

/* Asks for the state of the store's stream. CATGA_NO_RESPONDERS: there is no such store. */
catga_status catga_object_ask_state(catga_object_access *access, catga_stream_state *state);

/* Describes a failure in access->problem. Returns `status`. */
catga_status catga_object_refuse(const catga_object_access *access, catga_status status,
                                 const char *format, ...) CATGA_PRINTF(3, 4);

#endif
