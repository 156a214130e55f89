/* Reads the JSON of a stored message:
 * {"subject":"...","seq":7,"hdrs":"BASE64","data":"BASE64","time":"RFC 3339"}. */
#include "transport/nats/stored_message.h"

#include "transport/nats/status.h"
#include "transport/nats/timestamp.h"

#include <stdlib.h>

enum { SUBJECT_SIZE = 1024 };

/* ---- Base64 ---- */

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

/* Returns true if a text is a JSON string of Base64, or absent. */
static bool is_base64(catga_nats_json text)
{
    size_t at = 1;

    if (text.length == 0)
        return true;
    while (at < text.length && digit_of(text.data[at]) >= 0)
        at++;
    while (at < text.length && text.data[at] == '=')
        at++;
    return text.data[0] == '"' && at + 1 == text.length && text.data[at] == '"';
}

/* Decodes a JSON string. Returns terminated bytes, which the caller frees; NULL without memory. */
static char *decode(catga_nats_json text, size_t *length)
{
    char *bytes = malloc(text.length / 4 * 3 + 4);
    unsigned bits = 0;
    unsigned count = 0;

    *length = 0;
    if (bytes == NULL)
        return NULL;
    for (size_t i = 1; i < text.length && digit_of(text.data[i]) >= 0; i++) {
        bits = bits << 6 | (unsigned)digit_of(text.data[i]);
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        bytes[(*length)++] = (char)(bits >> count & 255);
    }
    bytes[*length] = '\0';
    return bytes;
}

/* ---- Headers ---- */

/* Reads "NATS/1.0\r\nName: value\r\n...\r\n\r\n". */
static natsStatus add_headers(natsMsg *message, char *lines)
{
    char *rest = lines;
    natsStatus status = NATS_OK;

    strsep(&rest, "\n");
    for (char *line; status == NATS_OK && (line = strsep(&rest, "\n")) != NULL;) {
        line[strcspn(line, "\r")] = '\0';
        char *value = strchr(line, ':');
        if (value == NULL)
            continue;
        *value++ = '\0';
        status = natsMsgHeader_Set(message, line, value + strspn(value, " "));
    }
    return status;
}

/* ---- A message ---- */

catga_status catga_nats_stored_message(catga_nats_json object, catga_incoming *message)
{
    char subject[SUBJECT_SIZE] = "";
    size_t data_length;
    size_t lines_length;
    natsMsg *native = NULL;
    catga_nats_json name = catga_nats_json_get(object, "subject");
    catga_nats_json body = catga_nats_json_get(object, "data");
    catga_nats_json headers = catga_nats_json_get(object, "hdrs");

    if (name.length < 3 || name.data[0] != '"' || name.length - 2 >= sizeof subject ||
        !is_base64(body) || !is_base64(headers))
        return CATGA_BAD_MESSAGE;
    memcpy(subject, name.data + 1, name.length - 2);
    char *data = decode(body, &data_length);
    char *lines = decode(headers, &lines_length);
    natsStatus status = data == NULL || lines == NULL ? NATS_NO_MEMORY : NATS_OK;
    if (status == NATS_OK)
        status = natsMsg_Create(&native, subject, NULL, data, (int)data_length);
    if (status == NATS_OK)
        status = add_headers(native, lines);
    free(data);
    free(lines);
    if (status != NATS_OK) {
        natsMsg_Destroy(native);
        return catga_nats_status(status);
    }
    int64_t number = catga_nats_json_number(catga_nats_json_get(object, "seq"), 0);
    catga_nats_json time = catga_nats_json_get(object, "time");
    *message = (catga_incoming){.subject = catga_str(natsMsg_GetSubject(native)),
                                .data = (const uint8_t *)natsMsg_GetData(native),
                                .length = data_length,
                                .sequence = number > 0 ? (uint64_t)number : 0,
                                .stored_ns = catga_nats_timestamp(time),
                                .native = native};
    return CATGA_OK;
}
