/* Checks an object that a program puts or updates. */
#ifndef CATGA_OBJECT_CHECK_H
#define CATGA_OBJECT_CHECK_H

#include "objects/object_access.h"

/* CATGA_INVALID_ARGUMENT: *problem names the member. */
catga_status catga_object_check(const catga_object_access *access, const catga_object *object);

#endif
