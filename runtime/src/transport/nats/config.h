/* Configurations of streams, buckets and consumers: how they are described to the server, and
 * compared with an existing object. */
#ifndef CATGA_NATS_CONFIG_H
#define CATGA_NATS_CONFIG_H

#include "transport/nats/api.h"

typedef struct catga_nats_text catga_nats_text;
typedef struct catga_nats_desired catga_nats_desired;

/* A kind of object. */
typedef struct catga_nats_kind {
    const char *name;
    int64_t absent;      /* the err_code for an absent object */
    int64_t pause_ns;    /* between finding it missing and recreating it */
    bool reserves_bytes; /* without storage for its max_bytes, creation is CATGA_TOO_LARGE */

    /* Writes the description. */
    void (*put)(catga_nats_text *out, const catga_nats_desired *desired);

    /* Returns true, and describes the first difference, if the object has other settings. */
    bool (*drifted)(const catga_nats_api_answer *info, const void *settings,
                    catga_problem *problem);

    /* Replaces the settings by a copy, one block. Returns false without memory. */
    bool (*copy)(catga_nats_desired *desired);
} catga_nats_kind;

/* An object that is to exist, and the subjects of the API for it. */
struct catga_nats_desired {
    const catga_nats_kind *kind;
    const char *name;
    const char *stream; /* of a consumer; else NULL */
    const void *settings;
    uint64_t start;     /* of a recreated consumer: its first message; 0: as the settings say */
    int wait_ms;        /* milliseconds that the server may take for an answer */
    bool only_look;     /* do not create it */
    bool never_created; /* only_look, whatever happens to the object */
    char info[CATGA_NATS_API_SUBJECT];
    char create[CATGA_NATS_API_SUBJECT];
};

/* The prefix of the subject that `info` is, for streams and buckets. */
#define CATGA_NATS_STREAM_INFO "$JS.API.STREAM.INFO."

/* Describe an object. The result points to the settings. */
catga_nats_desired catga_nats_desired_stream(const catga_stream_settings *stream);
catga_nats_desired catga_nats_desired_bucket(const catga_bucket_settings *bucket);
catga_nats_desired catga_nats_desired_consumer(const catga_consumer_settings *consumer);

#endif
