#include "codec/json_members.h"

#include "base/utf8.h"

bool member_unknown(json_parser *p, catga_string name)
{
    char text[JSON_NAME_TEXT / 4];

    if (p->unknown == CATGA_SKIP_UNKNOWN)
        return json_skip(&p->in);
    if (name.length >= sizeof text)
        name.length = sizeof text - 1;
    while (!catga_is_utf8((const uint8_t *)name.data, name.length))
        name.length--;
    parser_refuse(p, "unknown member");
    memcpy(text, name.data, name.length);
    text[name.length] = '\0';
    return parser_failed_in(p, text);
}
