/* Names of an object store: its stream "OBJ_<name>", and the subjects "$O.<name>.M.<object>" and
 * "$O.<name>.C.<upload>". The object's name is in base64url with padding (ADR-20). All functions
 * are pure. */
#ifndef CATGA_OBJECT_NAMES_H
#define CATGA_OBJECT_NAMES_H

#include <catga/objects.h>

enum {
    CATGA_OBJECT_STORE_NAME = 201,
    CATGA_OBJECT_STREAM = CATGA_OBJECT_STORE_NAME + 4,
    CATGA_OBJECT_UPLOAD_MAX = 64,
    CATGA_OBJECT_SUBJECT = CATGA_OBJECT_STORE_NAME + 6 + (CATGA_OBJECT_NAME_MAX + 2) / 3 * 4
};

/* Returns whether a text can be the name of a store: 1 to 200 of A-Z a-z 0-9 _ -. */
bool catga_is_object_store(catga_string name);

/* Returns whether a text can be the name of an object: 1 to CATGA_OBJECT_NAME_MAX bytes of UTF-8.
 */
bool catga_is_object_name(catga_string name);

/* Returns whether a text of another client can be the id of an upload: one token of a subject. */
bool catga_is_object_upload(catga_string upload);

void catga_object_stream(const char *store, char stream[CATGA_OBJECT_STREAM]);
void catga_object_info_subject(const char *store, catga_string object,
                               char subject[CATGA_OBJECT_SUBJECT]);

/* "*" as the upload gives the filter of all chunks. */
void catga_object_chunk_subject(const char *store, catga_string upload,
                                char subject[CATGA_OBJECT_SUBJECT]);

/* The filter of all infos. */
void catga_object_info_filter(const char *store, char subject[CATGA_OBJECT_SUBJECT]);

#endif
