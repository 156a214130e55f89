/* Reads settings from options, environment and defaults; see options.h. */
#include "bus/options.h"

#include "bus/subject.h"
#include "transport/transport.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct text_rule {
    const char *option;
    const char *environment; /* names separated by blanks */
    bool (*accepts)(catga_string text);
    const char *accepted;
    size_t capacity;
} text_rule;

static bool is_visible(catga_string text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return text.length != 0;
}

static bool is_server_list(catga_string text)
{
    bool empty = text.length == 0 || text.data[0] == ',' || text.data[text.length - 1] == ',';

    return !empty && is_visible(text) && strstr(text.data, ",,") == NULL;
}

static bool is_name(catga_string text)
{
    return text.length != 0 && catga_is_header_value(text);
}

static bool is_prefix(catga_string text)
{
    return catga_is_subject(text);
}

/* A value that may contain a login is not shown. */
catga_status catga_option_refuse(catga_problem *problem, const char *what, const char *accepted,
                                 const char *value)
{
    snprintf(problem->text, sizeof problem->text, "%s: accepted is: %s (value=\"%.40s\")", what,
             accepted, strchr(value, '@') == NULL ? value : "...");
    return CATGA_INVALID_ARGUMENT;
}

/*
 * Returns the value of the first variable in the list that is set and not empty, and its name; or
 * NULL.
 */
static const char *first_set(const char *list, char name[64])
{
    while (*list != '\0') {
        size_t length = strcspn(list, " ");
        snprintf(name, 64, "%.*s", (int)length, list);
        const char *value = getenv(name);
        if (value != NULL && *value != '\0')
            return value;
        list += length + strspn(list + length, " ");
    }
    return NULL;
}

/* Reads a text. *field is empty if neither the option nor the environment sets it. */
static catga_status read_text(char *field, const text_rule *rule, const char *explicit_value,
                              catga_problem *problem)
{
    char name[64];
    const char *what = explicit_value != NULL ? rule->option : name;

    const char *value =
        explicit_value != NULL ? explicit_value : first_set(rule->environment, name);

    field[0] = '\0';
    if (value == NULL)
        return CATGA_OK;
    if (strlen(value) >= rule->capacity || !rule->accepts(catga_str(value)))
        return catga_option_refuse(problem, what, rule->accepted, value);
    snprintf(field, rule->capacity, "%s", value);
    return CATGA_OK;
}

catga_status catga_number_read(int *field, const catga_number_rule *rule, int64_t explicit_value,
                               catga_problem *problem)
{
    char accepted[64];
    const char *text = getenv(rule->environment);
    const char *error = NULL;
    bool from_environment = explicit_value == 0 && text != NULL && *text != '\0';

    long long value = explicit_value != 0 ? explicit_value : rule->standard;

    if (from_environment)
        value = strtonum(text, rule->lowest, rule->highest, &error);
    if (error == NULL && value != 0 && value >= rule->lowest && value <= rule->highest) {
        *field = (int)value;
        return CATGA_OK;
    }
    char seen[24];
    snprintf(seen, sizeof seen, "%lld", value);
    snprintf(accepted, sizeof accepted, "%sa number from %d to %d",
             rule->lowest < 0 ? "-1 (for ever) or " : "", rule->lowest < 0 ? 1 : rule->lowest,
             rule->highest);
    return catga_option_refuse(problem, from_environment ? rule->environment : rule->option,
                               accepted, from_environment ? text : seen);
}

/* A setting of an enum, whose values 1, 2 ... have words in the environment. */
typedef struct word_rule {
    const char *option;
    const char *constants;
    const char *environment;
    const char *accepted;
    const char *const *words;
    unsigned count;
    unsigned standard;
} word_rule;

static catga_status read_word(unsigned *field, const word_rule *rule, unsigned explicit_value,
                              catga_problem *problem)
{
    const char *text = getenv(rule->environment);

    *field = explicit_value != 0 ? explicit_value : rule->standard;
    if (explicit_value > rule->count) {
        *field = rule->standard;
        return catga_option_refuse(problem, rule->option, rule->constants, "another number");
    }
    if (explicit_value != 0 || text == NULL || *text == '\0')
        return CATGA_OK;
    for (unsigned i = 0; i < rule->count; i++) {
        if (strcmp(text, rule->words[i]) == 0) {
            *field = i + 1;
            return CATGA_OK;
        }
    }
    return catga_option_refuse(problem, rule->environment, rule->accepted, text);
}

static catga_status read_level(catga_logger *logger, const catga_options *options,
                               catga_problem *problem)
{
    static const char *const words[] = {"error", "warning", "info", "debug"};
    static const word_rule rule = {"log_level",
                                   "CATGA_LOG_ERROR, _WARNING, _INFO, _DEBUG",
                                   "CATGA_LOG",
                                   "error, warning, info, debug",
                                   words,
                                   CATGA_LOG_DEBUG,
                                   CATGA_LOG_WARNING};
    unsigned level;

    catga_status status = read_word(&level, &rule, options->log_level, problem);
    logger->level = (catga_log_level)level;
    return status;
}

static catga_status read_format(catga_logger *logger, const catga_options *options,
                                catga_problem *problem)
{
    static const char *const words[] = {"text", "json"};
    static const word_rule rule = {"log_format",
                                   "CATGA_LOG_TEXT, CATGA_LOG_JSON",
                                   "CATGA_LOG_FORMAT",
                                   "text, json",
                                   words,
                                   CATGA_LOG_JSON,
                                   CATGA_LOG_TEXT};
    unsigned format;

    catga_status status = read_word(&format, &rule, options->log_format, problem);
    logger->format = (catga_log_format)format;
    return status;
}

static catga_status read_logger(catga_logger *logger, const catga_options *options,
                                catga_problem *problem)
{
    *logger = (catga_logger){.function = options->log, .user = options->log_user};
    catga_status status = read_level(logger, options, problem);
    catga_status of_format = read_format(logger, options, problem);
    return status != CATGA_OK ? status : of_format;
}

static catga_status read_middleware(catga_settings *settings, const catga_options *options,
                                    catga_problem *problem)
{
    char value[24];

    snprintf(value, sizeof value, "%zu", options->middleware_count);
    settings->middleware_count = 0;
    if (options->middleware_count > CATGA_MIDDLEWARE_MAX)
        return catga_option_refuse(problem, "middleware_count", "at most 16", value);
    for (size_t i = 0; i < options->middleware_count; i++) {
        if (options->middleware == NULL || options->middleware[i].run == NULL)
            return catga_option_refuse(problem, "middleware", "an array of functions", "NULL");
        settings->middleware[i] = options->middleware[i];
    }
    settings->middleware_count = options->middleware_count;
    return CATGA_OK;
}

/*
 * Sets the instance name from HOSTNAME or the host's name. Invalid characters become '-':
 * "node-1.example" becomes "node-1-example".
 */
static void name_after_host(char *instance, size_t capacity)
{
    char host[256] = "";
    const char *variable = getenv("HOSTNAME");

    if (variable != NULL && *variable != '\0')
        snprintf(host, sizeof host, "%s", variable);
    else if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        snprintf(host, sizeof host, "localhost");
    snprintf(instance, capacity, "%s", host);
    for (char *at = instance; *at != '\0'; at++)
        if (!catga_is_token((catga_string){at, 1}))
            *at = '-';
}

/* The variables are those of the transport. */
static catga_status read_servers(catga_settings *settings, const catga_options *options,
                                 catga_problem *problem)
{
    char accepted[128];
    const text_rule rule = {"servers", settings->kind->environment, is_server_list, accepted,
                            sizeof settings->servers};

    snprintf(accepted, sizeof accepted, "addresses such as %s, separated by commas",
             settings->kind->servers);
    catga_status status = read_text(settings->servers, &rule, options->servers, problem);
    if (status == CATGA_OK && settings->servers[0] == '\0')
        snprintf(settings->servers, sizeof settings->servers, "%s", settings->kind->servers);
    return status;
}

static void fill_defaults(catga_settings *settings)
{
    if (settings->prefix[0] == '\0')
        snprintf(settings->prefix, sizeof settings->prefix, "catga");
    if (settings->instance[0] == '\0')
        name_after_host(settings->instance, sizeof settings->instance);
    if (settings->name[0] == '\0')
        snprintf(settings->name, sizeof settings->name, "%s", settings->instance);
}

catga_status catga_settings_read(catga_settings *settings, const catga_options *options,
                                 catga_problem *problem)
{
    static const catga_options none;
    catga_status status;

    if (options == NULL)
        options = &none;
    settings->local = options->local;
    settings->kind = options->transport != NULL ? options->transport : &catga_transport_nats;
    settings->claims = options->claims != NULL ? *options->claims : (catga_claim_store){0};
    status = read_logger(&settings->logger, options, problem);
    if (status == CATGA_OK)
        status = read_middleware(settings, options, problem);
    if (status == CATGA_OK)
        status = read_servers(settings, options, problem);
#define TEXT(field, capacity, environment, rule, accepted)                                         \
    if (status == CATGA_OK) {                                                                      \
        static const text_rule text = {#field, environment, rule, accepted, capacity};             \
        status = read_text(settings->field, &text, options->field, problem);                       \
    }
#define NUMBER(field, environment, standard, lowest, highest)                                      \
    if (status == CATGA_OK) {                                                                      \
        static const catga_number_rule number = {#field, environment, standard, lowest, highest};  \
        status = catga_number_read(&settings->field, &number, options->field, problem);            \
    }
#include "bus/options.def"
#undef TEXT
#undef NUMBER
    if (status == CATGA_OK)
        fill_defaults(settings);
    return status;
}
