#include "command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEAD = 32 };

/* Writes a character and a number as a line, and returns its length. */
static size_t write_head(char head[HEAD], char kind, size_t number)
{
    char digits[HEAD];
    size_t count = 0;
    size_t length = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    head[length++] = kind;
    while (count > 0)
        head[length++] = digits[--count];
    head[length++] = '\r';
    head[length++] = '\n';
    return length;
}

catga_redis_command *catga_redis_command_parts(catga_redis_pools pools, size_t size)
{
    size_t whole = sizeof(catga_redis_command) + size;
    catga_pool *pool = whole <= pools.small->size    ? pools.small
                       : whole <= pools.medium->size ? pools.medium
                                                     : NULL;
    catga_redis_command *command = pool != NULL ? catga_pool_take(pool) : malloc(whole);

    if (command != NULL)
        *command = (catga_redis_command){.pool = pool, .capacity = size};
    return command;
}

catga_redis_command *catga_redis_command_new(catga_redis_pools pools, unsigned parts, size_t size)
{
    catga_redis_command *command = catga_redis_command_parts(pools, HEAD + size);

    if (command != NULL)
        command->length = write_head(command->bytes, '*', parts);
    return command;
}

void catga_redis_command_free(catga_redis_command *command)
{
    if (command == NULL)
        return;
    if (command->pool != NULL)
        catga_pool_give(command->pool, command);
    else
        free(command);
}

void catga_redis_command_append(catga_redis_command *command, const void *data, size_t length)
{
    if (length == 0 || length > command->capacity - command->length)
        return; /* the size was computed wrongly: the server refuses the command */
    memcpy(command->bytes + command->length, data, length);
    command->length += length;
}

void catga_redis_command_begin_part(catga_redis_command *command, size_t length)
{
    char head[HEAD];

    catga_redis_command_append(command, head, write_head(head, '$', length));
}

void catga_redis_command_end_part(catga_redis_command *command)
{
    catga_redis_command_append(command, "\r\n", 2);
}

void catga_redis_command_part(catga_redis_command *command, const char *data, size_t length)
{
    catga_redis_command_begin_part(command, length);
    catga_redis_command_append(command, data, length);
    catga_redis_command_end_part(command);
}

void catga_redis_command_text(catga_redis_command *command, const char *text)
{
    catga_redis_command_part(command, text, strlen(text));
}

void catga_redis_command_number(catga_redis_command *command, int64_t number)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%" PRId64, number);

    catga_redis_command_part(command, text, (size_t)length);
}
