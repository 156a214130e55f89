/* Locks the list of services; see serving.h. */
#include "bus/serving.h"

void catga_serving_init(catga_serving *serving)
{
    pthread_mutex_init(&serving->lock, NULL);
    pthread_cond_init(&serving->changed, NULL);
}

void catga_serving_end(catga_serving *serving)
{
    pthread_cond_destroy(&serving->changed);
    pthread_mutex_destroy(&serving->lock);
}

void catga_serving_lock(catga_serving *serving)
{
    pthread_mutex_lock(&serving->lock);
    pthread_cond_broadcast(&serving->changed);
    while (serving->held)
        pthread_cond_wait(&serving->changed, &serving->lock);
    serving->held = true;
    pthread_mutex_unlock(&serving->lock);
}

bool catga_serving_lock_while(catga_serving *serving, const atomic_int *phase, int wanted)
{
    pthread_mutex_lock(&serving->lock);
    while (serving->held && atomic_load(phase) == wanted)
        pthread_cond_wait(&serving->changed, &serving->lock);
    bool locked = atomic_load(phase) == wanted;
    if (locked)
        serving->held = true;
    pthread_mutex_unlock(&serving->lock);
    return locked;
}

void catga_serving_unlock(catga_serving *serving)
{
    pthread_mutex_lock(&serving->lock);
    serving->held = false;
    pthread_cond_broadcast(&serving->changed);
    pthread_mutex_unlock(&serving->lock);
}
