/* Splits targets; see path.h. */
#include "path.h"

const char *http_path_begin(const char *target)
{
    size_t scheme = strncmp(target, "http://", 7) == 0    ? 7
                    : strncmp(target, "https://", 8) == 0 ? 8
                                                          : 0;

    return scheme == 0 ? target : target + scheme + strcspn(target + scheme, "/?");
}

static int digit_of(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    if (letter >= 'a' && letter <= 'f')
        return letter - 'a' + 10;
    return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

/*
 * Decodes `text` in place. A plus sign is a space if `is_form`. Returns false for an invalid
 * escape, and for characters that are no part of a target or of a text: control characters and
 * bytes above 0x7e that are not escaped.
 */
static bool decode(char *text, size_t length, bool is_form, catga_string *decoded)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        int letter = (unsigned char)text[i];
        if (letter == '%') {
            int high = i + 2 < length ? digit_of(text[i + 1]) : -1;
            int low = i + 2 < length ? digit_of(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            letter = high * 16 + low;
            i += 2;
        } else if (letter <= ' ' || letter > '~') {
            return false;
        } else if (letter == '+' && is_form) {
            letter = ' ';
        }
        if (letter < ' ' || letter == 0x7f)
            return false;
        text[used++] = (char)letter;
    }
    *decoded = (catga_string){text, used};
    return true;
}

static const char *parse_segments(char *text, http_path *path)
{
    while (*text == '/') {
        size_t length = strcspn(++text, "/");
        char *next = text + length;
        if (path->segment_count == HTTP_SEGMENTS)
            return "the path has too many segments";
        if (!decode(text, length, false, &path->segments[path->segment_count++]))
            return "the path has an invalid character or escape";
        text = next;
    }
    return *text == '\0' && path->segment_count != 0 ? NULL : "the path begins with a slash";
}

static const char *parse_parameter(char *text, size_t length, http_path *path)
{
    char *equals = memchr(text, '=', length);
    size_t name = equals == NULL ? length : (size_t)(equals - text);
    http_parameter *made = &path->parameters[path->parameter_count];

    if (length == 0)
        return NULL;
    if (path->parameter_count == HTTP_PARAMETERS)
        return "the query has too many parameters";
    path->parameter_count++;
    made->value = (catga_string){"", 0};
    bool decoded = equals == NULL || decode(equals + 1, length - name - 1, true, &made->value);
    return decoded && decode(text, name, true, &made->name)
               ? NULL
               : "the query has an invalid character or escape";
}

static const char *parse_query(char *text, http_path *path)
{
    const char *problem = NULL;

    while (problem == NULL && *text != '\0') {
        size_t length = strcspn(text, "&");
        char *next = text + length + (text[length] == '&');
        problem = parse_parameter(text, length, path);
        text = next;
    }
    return problem;
}

const char *http_path_parse(char *target, http_path *path)
{
    char *query = strchr(target, '?');

    path->length = strlen(target);
    path->segment_count = 0;
    path->parameter_count = 0;
    if (query != NULL)
        *query++ = '\0';
    const char *problem = parse_segments(target, path);
    return problem != NULL || query == NULL ? problem : parse_query(query, path);
}
