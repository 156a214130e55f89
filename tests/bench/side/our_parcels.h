/* our_parcels.h: our side of stored events of 128 bytes that are published without waiting. */
#ifndef SIDE_OUR_PARCELS_H
#define SIDE_OUR_PARCELS_H

#include "stored.catga.h"

#include <semaphore.h>

enum { OUR_PARCEL_LENGTH = 128 };

typedef struct our_parcels {
    catga_bus *bus;
    size_t wanted;
    size_t stored;
    sem_t done; /* posted when all events of a round are stored */
} our_parcels;

void our_parcels_begin(our_parcels *parcels, catga_bus *bus);

/* Encodes the event, for the other side. */
void our_parcels_encode(uint8_t bytes[OUR_PARCEL_LENGTH]);

/* Publishes `times` events, and waits until all are stored. Returns thousands per second. */
double our_parcels_publish(our_parcels *parcels, size_t times);

#endif
