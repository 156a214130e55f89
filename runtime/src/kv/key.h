/* The names of buckets, keys and patterns (ADR-6, ADR-8). All functions are pure. */
#ifndef CATGA_BUCKET_KEY_H
#define CATGA_BUCKET_KEY_H

#include <catga/kv.h>

bool catga_bucket_name_valid(const char *name);
bool catga_bucket_key_valid(catga_string key);
bool catga_bucket_pattern_valid(catga_string pattern);

#endif
