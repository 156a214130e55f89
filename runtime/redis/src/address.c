/* Reads addresses; see address.h. User, password and path may have percent-encoded characters, such
 * as %2C for a comma, which would end the address. */
#include "address.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

static const char accepted[] =
    "accepted are redis://, unix:// and sentinel:// addresses, as in <catga/redis.h>";

static int hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Decodes %XX in place. Returns false for a wrong or zero byte. */
static bool decode(char *text)
{
    char *to = text;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at != '%') {
            *to++ = *at;
            continue;
        }
        int high = hex_of(at[1]);
        int low = high < 0 ? -1 : hex_of(at[2]);
        if (low < 0 || high * 16 + low == 0)
            return false;
        *to++ = (char)(high * 16 + low);
        at += 2;
    }
    *to = '\0';
    return true;
}

static bool number_read(const char *text, int highest, int *number)
{
    const char *error;

    *number = (int)strtonum(text, 0, highest, &error);
    return error == NULL;
}

/* Splits "USER:PASSWORD@" off. Returns the rest, or NULL. */
static char *read_login(char *text, catga_redis_address *address)
{
    char *at = strrchr(text, '@');

    if (at == NULL)
        return text;
    *at = '\0';
    char *password = strchr(text, ':');
    if (password != NULL)
        *password++ = '\0';
    else
        password = text + strlen(text);
    address->user = text;
    address->password = password;
    return decode(text) && decode(password) && *password != '\0' ? at + 1 : NULL;
}

/* Reads HOST, HOST:PORT, [IPv6] or [IPv6]:PORT. */
static bool read_host(char *text, catga_redis_address *address)
{
    char *end = text;

    if (*text == '[') {
        text++;
        end = strchr(text, ']');
        if (end == NULL)
            return false;
        *end++ = '\0';
    } else {
        end += strcspn(text, ":");
    }
    bool has_port = *end == ':';
    if (!has_port && *end != '\0')
        return false;
    *end = '\0';
    address->host = text;
    return *text != '\0' &&
           (!has_port || (number_read(end + 1, UINT16_MAX, &address->port) && address->port != 0));
}

static bool read_unix(char *text, catga_redis_address *address)
{
    char *query = strchr(text, '?');

    if (query != NULL) {
        *query++ = '\0';
        if (strncmp(query, "db=", 3) != 0 || !number_read(query + 3, INT32_MAX, &address->database))
            return false;
    }
    address->host = text;
    return *text == '/' && decode(text);
}

static bool read_tcp(char *text, catga_redis_address *address)
{
    char *database = strchr(text, '/');

    if (database != NULL) {
        *database++ = '\0';
        if (*database != '\0' && !number_read(database, INT32_MAX, &address->database))
            return false;
    }
    return read_host(text, address);
}

static bool read_sentinel(char *text, catga_redis_address *address)
{
    char *master = strchr(text, '/');

    if (master == NULL)
        return false;
    *master++ = '\0';
    char *database = strchr(master, '/');
    if (database != NULL) {
        *database++ = '\0';
        if (!number_read(database, INT32_MAX, &address->database))
            return false;
    }
    address->master = master;
    return *master != '\0' && decode(master) && read_host(text, address);
}

static bool begins(char **text, const char *scheme)
{
    size_t length = strlen(scheme);

    if (strncmp(*text, scheme, length) != 0)
        return false;
    *text += length;
    return true;
}

static bool read_address(char *text, catga_redis_address *address)
{
    *address = (catga_redis_address){
        .user = "", .password = "", .host = "", .master = "", .port = CATGA_REDIS_PORT};
    if (begins(&text, "unix://")) {
        address->kind = CATGA_REDIS_UNIX;
        text = read_login(text, address);
        return text != NULL && read_unix(text, address);
    }
    if (begins(&text, "sentinel://")) {
        address->kind = CATGA_REDIS_SENTINEL;
        address->port = CATGA_REDIS_SENTINEL_PORT;
        text = read_login(text, address);
        return text != NULL && read_sentinel(text, address);
    }
    if (!begins(&text, "redis://") && strstr(text, "://") != NULL)
        return false;
    text = read_login(text, address);
    return text != NULL && read_tcp(text, address);
}

/* An address may contain a password, also one that is not read as such: none is shown. */
static catga_status refuse(catga_redis_addresses *addresses, const char *address, bool is_secret,
                           catga_problem *problem)
{
    int number = addresses->count + 1;

    if (strncmp(address, "rediss://", 9) == 0)
        (void)catga_text_format(problem->text, sizeof problem->text,
                                "address %d begins with rediss://: hiredis 0.14 has no TLS; use "
                                "redis:// through a TLS tunnel, or unix://",
                                number);
    else
        (void)catga_text_format(problem->text, sizeof problem->text, "address %d is \"%.40s\": %s",
                                number, is_secret ? "..." : address, accepted);
    catga_redis_addresses_clear(addresses);
    return CATGA_INVALID_ARGUMENT;
}

catga_status catga_redis_addresses_read(catga_redis_addresses *addresses, const char *list,
                                        catga_problem *problem)
{
    bool is_secret = strchr(list, '@') != NULL;
    const char *whole = list;

    *addresses = (catga_redis_addresses){.text = strdup(list)};
    if (addresses->text == NULL)
        return CATGA_NO_MEMORY;
    char *rest = addresses->text;
    for (char *address; (address = strsep(&rest, ",")) != NULL; whole += strcspn(whole, ",") + 1) {
        char shown[64];
        snprintf(shown, sizeof shown, "%.*s", (int)strcspn(whole, ","), whole);
        bool fits = addresses->count < CATGA_REDIS_ADDRESSES;
        if (!fits || !read_address(address, &addresses->list[addresses->count]))
            return refuse(addresses, shown, is_secret, problem);
        addresses->count++;
    }
    return CATGA_OK;
}

void catga_redis_addresses_clear(catga_redis_addresses *addresses)
{
    free(addresses->text);
    addresses->text = NULL;
    addresses->count = 0;
}

void catga_redis_address_show(const catga_redis_address *address, char *text, size_t size)
{
    bool is_path = address->kind == CATGA_REDIS_UNIX;

    snprintf(text, size, is_path ? "%s" : "%s:%d", address->host, address->port);
}
