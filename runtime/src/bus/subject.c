/* Validates tokens, subjects and header values; see subject.h. */
#include "bus/subject.h"

static bool is_token_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

bool catga_is_token(catga_string text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_token_character(text.data[i]))
            return false;
    return text.length >= 1 && text.length <= CATGA_TOKEN_MAX;
}

bool catga_is_subject(catga_string text)
{
    size_t begin = 0;

    if (text.data == NULL || text.length > CATGA_SUBJECT_MAX)
        return false;
    for (size_t i = 0; i <= text.length; i++) {
        if (i < text.length && text.data[i] != '.')
            continue;
        catga_string token = {text.data + begin, i - begin};
        if (!catga_is_token(token))
            return false;
        begin = i + 1;
    }
    return true;
}

bool catga_has_controls(catga_string text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c == 0x7f)
            return true;
    }
    return false;
}

bool catga_is_header_value(catga_string text)
{
    return text.length <= CATGA_HEADER_VALUE_MAX && !catga_has_controls(text);
}
