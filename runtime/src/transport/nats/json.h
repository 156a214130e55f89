/* Finds members of the JSON objects in JetStream's answers, in place. */
#ifndef CATGA_NATS_JSON_H
#define CATGA_NATS_JSON_H

#include <catga/catga.h>

/* A value inside a text, with its quotes or brackets; data is NULL if it is absent. */
typedef catga_string catga_nats_json;

/* Returns the member `name` of an object. Reads malformed JSON as far as possible, and never beyond
 * its end. */
catga_nats_json catga_nats_json_get(catga_nats_json object, const char *name);

/* Returns true if the text is one object, up to its last brace. Its members are not checked. */
bool catga_nats_json_is_object(catga_nats_json text);

/* Returns the number, or `otherwise` if the value is absent or no integer. */
int64_t catga_nats_json_number(catga_nats_json value, int64_t otherwise);

/* Returns true if the value is that string. Of escapes, reads \u00XX. */
bool catga_nats_json_is(catga_nats_json value, const char *text);

/* Returns true if an array of subjects has this one, or a pattern that covers it. */
bool catga_nats_json_has_subject(catga_nats_json array, const char *subject);

/* Returns true if an array has subjects, and the pattern covers each of them. */
bool catga_nats_json_is_within(catga_nats_json array, const char *pattern);

#endif
