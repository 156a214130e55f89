/* The digest of an object's content as ADR-20 writes it: "SHA-256=" and base64url of 32 bytes, with
 * padding. */
#ifndef CATGA_OBJECT_DIGEST_H
#define CATGA_OBJECT_DIGEST_H

#include "base/sha256.h"

#include <catga/catga.h>

/* Room for the text with its terminator. */
enum { CATGA_DIGEST_TEXT = 8 + 44 + 1 };

void catga_digest_write(const uint8_t digest[CATGA_SHA256_SIZE], char text[CATGA_DIGEST_TEXT]);

/* Reads a digest in either alphabet of base64, with or without padding. Returns false for another
 * text, or another kind of digest. */
CATGA_CHECKED bool catga_digest_read(catga_string text, uint8_t digest[CATGA_SHA256_SIZE]);

#endif
