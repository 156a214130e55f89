/* Reads media types; see media.h. */
#include "media.h"

#include <strings.h>

enum { FULL = 1000 }; /* the quality 1, in thousandths */

static const char *const names[] = {"application/json", "application/octet-stream",
                                    "text/event-stream", "text/plain",
                                    "application/openmetrics-text"};

const char *http_media_name(http_media media)
{
    return names[media];
}

static catga_string trim(catga_string text)
{
    while (text.length != 0 && (*text.data == ' ' || *text.data == '\t')) {
        text.data++;
        text.length--;
    }
    while (text.length != 0 &&
           (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t'))
        text.length--;
    return text;
}

/* Takes the text before the next `separator`, without blanks around it, from *rest. */
static catga_string take(catga_string *rest, char separator)
{
    const char *end = memchr(rest->data, separator, rest->length);
    size_t length = end == NULL ? rest->length : (size_t)(end - rest->data);
    catga_string taken = {rest->data, length};

    length += end != NULL;
    rest->data += length;
    rest->length -= length;
    return trim(taken);
}

static bool is(catga_string text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.data, word, text.length) == 0;
}

/* ---- Content-Type ---- */

static bool is_utf8_parameter(catga_string parameter)
{
    catga_string value = parameter;
    catga_string name = take(&value, '=');

    value = trim(value);
    return !is(name, "charset") || is(value, "utf-8") || is(value, "\"utf-8\"");
}

bool http_media_of_body(const char *content_type, http_media *media)
{
    catga_string rest = catga_str(content_type == NULL ? "" : content_type);
    catga_string name = take(&rest, ';');

    if (is(name, names[HTTP_MEDIA_FLATBUFFERS])) {
        *media = HTTP_MEDIA_FLATBUFFERS;
        return true;
    }
    *media = HTTP_MEDIA_JSON;
    bool is_json = is(name, names[HTTP_MEDIA_JSON]);
    while (is_json && rest.length != 0)
        is_json = is_utf8_parameter(take(&rest, ';'));
    return is_json;
}

/* ---- Accept ---- */

/* Reads "0.5" in thousandths; a broken quality counts as 0. */
static int quality_of(catga_string text)
{
    int quality = 0;
    int digit = FULL;

    for (size_t i = 0; i < text.length; i++) {
        if (i == 1 && text.data[i] == '.')
            continue;
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        quality += (text.data[i] - '0') * digit;
        digit /= 10;
    }
    return quality < FULL ? quality : FULL;
}

/* Returns how exactly a range means a type: 3 for its name, 2 for "application/\*", 1 for
 * any, 0 if it does not. */
static int exactness(catga_string range, const char *name)
{
    size_t type = strcspn(name, "/") + 1;

    if (is(range, name))
        return 3;
    if (range.length == type + 1 && range.data[type] == '*' &&
        strncasecmp(range.data, name, type) == 0)
        return 2;
    return is(range, "*/*");
}

static int range_quality(catga_string parameters)
{
    while (parameters.length != 0) {
        catga_string value = take(&parameters, ';');
        if (is(take(&value, '='), "q"))
            return quality_of(trim(value));
    }
    return FULL;
}

/* Returns the quality of the range that means the type most exactly; 0 without one. */
static int quality_for(const char *accept, http_media media)
{
    catga_string rest = catga_str(accept);
    int best = 0;
    int quality = 0;

    if (accept == NULL || *accept == '\0')
        return FULL;
    while (rest.length != 0) {
        catga_string parameters = take(&rest, ',');
        int found = exactness(take(&parameters, ';'), names[media]);
        if (found <= best)
            continue;
        best = found;
        quality = range_quality(parameters);
    }
    return quality;
}

bool http_media_accepts(const char *accept, http_media media)
{
    return quality_for(accept, media) != 0;
}

bool http_media_prefers(const char *accept, http_media media, http_media other)
{
    return quality_for(accept, media) > quality_for(accept, other);
}

bool http_media_of_response(const char *accept, http_media *media)
{
    int json = quality_for(accept, HTTP_MEDIA_JSON);
    int flatbuffers = quality_for(accept, HTTP_MEDIA_FLATBUFFERS);

    *media = flatbuffers > json ? HTTP_MEDIA_FLATBUFFERS : HTTP_MEDIA_JSON;
    return json != 0 || flatbuffers != 0;
}
