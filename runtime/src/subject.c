/* What may go to a server; see subject.h. */
#include "subject.h"

static bool is_alphanumeric(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_token_character(char c)
{
    return is_alphanumeric(c) || c == '_' || c == '-';
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

    if (text.length > CATGA_SUBJECT_MAX)
        return false;
    for (size_t i = 0; i <= text.length; i++) {
        if (i < text.length && text.data[i] != '.')
            continue;
        catga_string token = {text.data + begin, i - begin};
        if (text.data == NULL || !catga_is_token(token))
            return false;
        begin = i + 1;
    }
    return true;
}

/*
 * A requester chooses where its answer goes, and the service sends it with its own rights. So an answer goes to an inbox
 * and nowhere else.
 */
bool catga_is_inbox(catga_string text)
{
    static const char start[] = "_INBOX";

    if (text.length < sizeof start || text.length > CATGA_SUBJECT_MAX || memcmp(text.data, start, sizeof start - 1) != 0)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c <= ' ' || c > '~' || c == '*' || c == '>')
            return false;
    }
    return true;
}

bool catga_is_header_name(catga_string text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_alphanumeric(text.data[i]) && text.data[i] != '-')
            return false;
    return text.length >= 1 && text.length <= CATGA_TOKEN_MAX;
}

bool catga_is_header_value(catga_string text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c == 0x7f)
            return false;
    }
    return text.length <= CATGA_HEADER_VALUE_MAX;
}
