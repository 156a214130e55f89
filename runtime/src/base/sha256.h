/*
 * SHA-256 (FIPS 180-4). It detects damaged content and keeps no secret, so it need not take
 * constant time. x86-64 processors with the SHA extensions compute it with these.
 *
 * The runtime has its own code because its libraries do not help: libmd, on which libbsd depends,
 * hashes 80 MB/s where this hashes 1 GB/s, and OpenSSL would be a further library of each program.
 */
#ifndef CATGA_SHA256_H
#define CATGA_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { CATGA_SHA256_SIZE = 32, CATGA_SHA256_BLOCK = 64 };

/* Hashes blocks of 64 bytes. */
typedef void catga_sha256_blocks_function(uint32_t state[8], const uint8_t *bytes, size_t blocks);

typedef struct catga_sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[CATGA_SHA256_BLOCK];
    catga_sha256_blocks_function *blocks; /* NULL: not chosen yet */
} catga_sha256;

void catga_sha256_begin(catga_sha256 *hash);
void catga_sha256_add(catga_sha256 *hash, const void *bytes, size_t length);

/* Writes the digest. Call catga_sha256_begin before the next use. */
void catga_sha256_end(catga_sha256 *hash, uint8_t digest[CATGA_SHA256_SIZE]);

/* For any processor. */
catga_sha256_blocks_function catga_sha256_blocks_portable;

/* Returns the fastest function for this processor. It asks the processor, which takes tens of
 * microseconds in a virtual machine. */
catga_sha256_blocks_function *catga_sha256_fastest(void);

#endif
