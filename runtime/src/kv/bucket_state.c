/* Describes and deletes buckets. */
#include "kv/buckets.h"
#include "transport/capability.h"

static catga_status find_stream(const catga_bus *bus, const catga_bucket *bucket,
                                char stream[CATGA_BUCKET_STREAM])
{
    catga_status status = catga_bus_may_wait(bus);

    if (status != CATGA_OK)
        return status;
    return catga_buckets_stream(bus->state, bucket, stream) ? CATGA_OK : CATGA_INVALID_ARGUMENT;
}

catga_status catga_bucket_get_state(catga_bus *bus, const catga_bucket *bucket,
                                    catga_stream_state *state)
{
    char stream[CATGA_BUCKET_STREAM];
    catga_problem problem = {""};
    catga_status status = find_stream(bus, bucket, stream);

    *state = (catga_stream_state){0};
    if (status == CATGA_OK)
        status = catga_transport_stream_state(bus->state->transport, stream, state, &problem);
    catga_buckets_report(bus, bucket, "describe", CATGA_STR(""), status, &problem);
    return status;
}

catga_status catga_bucket_remove(catga_bus *bus, const catga_bucket *bucket)
{
    char stream[CATGA_BUCKET_STREAM];
    catga_problem problem = {""};
    catga_status status = find_stream(bus, bucket, stream);

    if (status == CATGA_OK)
        status = catga_transport_remove_stream(bus->state->transport, stream, &problem);
    catga_buckets_forget(bus, bucket);
    catga_buckets_report(bus, bucket, "delete", CATGA_STR(""), status, &problem);
    return status;
}
