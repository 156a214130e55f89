/* Reads and writes digests; see digest.h. */
#include "objects/digest.h"

#include "codec/json_values.h"
#include "codec/sink.h"

#include <string.h>

#define KIND "SHA-256="

void catga_digest_write(const uint8_t digest[CATGA_SHA256_SIZE], char text[CATGA_DIGEST_TEXT])
{
    sink out = {text, CATGA_DIGEST_TEXT, 0};

    sink_text(&out, KIND);
    sink_base64url(&out, digest, CATGA_SHA256_SIZE);
    sink_finish(&out);
}

bool catga_digest_read(catga_string text, uint8_t digest[CATGA_SHA256_SIZE])
{
    const size_t kind = strlen(KIND);
    size_t length;

    if (text.length < kind || memcmp(text.data, KIND, kind) != 0)
        return false;
    text.data += kind;
    text.length -= kind;
    return value_base64_length(text, &length) && length == CATGA_SHA256_SIZE &&
           value_base64(text, digest);
}
