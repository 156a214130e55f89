/* Writes the info of an object; see info_json.h. */
#include "codec/sink.h"
#include "objects/info_json.h"

#include <stdlib.h>

static void put_string(sink *out, catga_string text)
{
    sink_json_string(out, text.data == NULL ? "" : text.data, text.length);
}

/* Writes the name of a member, after a comma unless it is the first. */
static void put_name(sink *out, catga_string name, bool *first)
{
    if (!*first)
        sink_character(out, ',');
    *first = false;
    put_string(out, name);
    sink_character(out, ':');
}

static void put_text(sink *out, const char *name, catga_string text, bool *first)
{
    put_name(out, catga_str(name), first);
    put_string(out, text);
}

static void put_number(sink *out, const char *name, uint64_t number, bool *first)
{
    put_name(out, catga_str(name), first);
    sink_unsigned(out, number);
}

/* Writes pairs as an object of arrays; equal names follow each other. */
static void put_headers(sink *out, const catga_object_info *info, bool *first)
{
    bool first_name = true;

    if (info->header_count == 0)
        return;
    put_name(out, CATGA_STR("headers"), first);
    sink_character(out, '{');
    for (size_t i = 0; i < info->header_count; i++) {
        const catga_object_pair *pair = &info->headers[i];
        bool repeats = i != 0 && catga_string_equal(pair->name, info->headers[i - 1].name);
        if (i != 0 && !repeats)
            sink_character(out, ']');
        if (repeats)
            sink_character(out, ',');
        else
            put_name(out, pair->name, &first_name);
        if (!repeats)
            sink_character(out, '[');
        put_string(out, pair->value);
    }
    sink_text(out, "]}");
}

static void put_metadata(sink *out, const catga_object_info *info, bool *first)
{
    bool first_name = true;

    if (info->metadata_count == 0)
        return;
    put_name(out, CATGA_STR("metadata"), first);
    sink_character(out, '{');
    for (size_t i = 0; i < info->metadata_count; i++) {
        put_name(out, info->metadata[i].name, &first_name);
        put_string(out, info->metadata[i].value);
    }
    sink_character(out, '}');
}

static void put_options(sink *out, const catga_object_info *info, bool *first)
{
    bool first_option = true;
    bool first_of_link = true;

    put_name(out, CATGA_STR("options"), first);
    sink_character(out, '{');
    if (info->chunk_bytes != 0)
        put_number(out, "max_chunk_size", info->chunk_bytes, &first_option);
    if (info->link_store.data != NULL) {
        put_name(out, CATGA_STR("link"), &first_option);
        sink_character(out, '{');
        put_text(out, "bucket", info->link_store, &first_of_link);
        if (info->link_name.length != 0)
            put_text(out, "name", info->link_name, &first_of_link);
        sink_character(out, '}');
    }
    sink_character(out, '}');
}

static void put_info(sink *out, const catga_object_info *info, catga_string time)
{
    bool first = true;

    sink_character(out, '{');
    put_text(out, "name", info->name, &first);
    if (info->description.length != 0)
        put_text(out, "description", info->description, &first);
    put_headers(out, info, &first);
    put_metadata(out, info, &first);
    put_options(out, info, &first);
    put_text(out, "bucket", info->store, &first);
    put_text(out, "nuid", info->upload, &first);
    put_number(out, "size", info->size, &first);
    put_text(out, "mtime", time, &first);
    put_number(out, "chunks", info->chunks, &first);
    put_text(out, "digest", info->digest, &first);
    if (info->deleted)
        sink_text(out, ",\"deleted\":true");
    sink_character(out, '}');
}

char *catga_object_info_write(const catga_object_info *info, size_t *length)
{
    char text[CATGA_TIMESTAMP_TEXT];
    catga_string time = catga_str(catga_timestamp_text(catga_timestamp_now(), text));
    sink out = {0};

    put_info(&out, info, time);
    char *json = malloc(out.length);
    if (json == NULL)
        return NULL;
    *length = out.length;
    out = (sink){json, out.length, 0};
    put_info(&out, info, time);
    return json;
}
