/* Names streams and subjects of object stores; see object_names.h. */
#include "objects/object_names.h"

#include "base/utf8.h"
#include "codec/sink.h"

#include <stdio.h>

static bool is_name_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static bool is_name(catga_string text, size_t most)
{
    if (text.length == 0 || text.length > most)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!is_name_character(text.data[i]))
            return false;
    return true;
}

bool catga_is_object_store(catga_string name)
{
    return is_name(name, CATGA_OBJECT_STORE_NAME - 1);
}

bool catga_is_object_upload(catga_string upload)
{
    return is_name(upload, CATGA_OBJECT_UPLOAD_MAX);
}

bool catga_is_object_name(catga_string name)
{
    return name.length > 0 && name.length <= CATGA_OBJECT_NAME_MAX &&
           catga_is_utf8((const uint8_t *)name.data, name.length);
}

void catga_object_stream(const char *store, char stream[CATGA_OBJECT_STREAM])
{
    snprintf(stream, CATGA_OBJECT_STREAM, "OBJ_%s", store);
}

void catga_object_info_subject(const char *store, catga_string object,
                               char subject[CATGA_OBJECT_SUBJECT])
{
    sink out = {subject, CATGA_OBJECT_SUBJECT, 0};

    sink_text(&out, "$O.");
    sink_text(&out, store);
    sink_text(&out, ".M.");
    sink_base64url(&out, (const uint8_t *)object.data, object.length);
    sink_finish(&out);
}

void catga_object_chunk_subject(const char *store, catga_string upload,
                                char subject[CATGA_OBJECT_SUBJECT])
{
    snprintf(subject, CATGA_OBJECT_SUBJECT, "$O.%s.C.%.*s", store, CATGA_PRINT(upload));
}

void catga_object_info_filter(const char *store, char subject[CATGA_OBJECT_SUBJECT])
{
    snprintf(subject, CATGA_OBJECT_SUBJECT, "$O.%s.M.>", store);
}
