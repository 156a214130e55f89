/* The settings of an exporter; see settings.h. */
#include "settings.h"

#include "curl/url.h"
#include "environment.h"

#include <stdio.h>
#include <strings.h>
#include <unistd.h>

static const char TRACES_PATH[] = "/v1/traces";
static const char DEFAULT_ENDPOINT[] = "http://localhost:4318";

enum { HOUR_MS = 3600000, CLOSE_MS = 5000 };
enum { QUEUE_SIZE = 2048, LARGEST_QUEUE = 65536 };
enum { BATCH_SIZE = 512, LARGEST_BATCH = 8192 };

static int lesser(int a, int b)
{
    return a < b ? a : b;
}

/* Refuses a value that may be secret: the problem does not repeat it. */
static catga_status refuse_secret(const otlp_variable *variable, const char *accepted,
                                  catga_problem *problem)
{
    otlp_variable shown = *variable;

    shown.value = "...";
    return otlp_variable_refuse(&shown, accepted, problem);
}

/* ---- Whether to export ---- */

static catga_status read_is_wanted(otlp_settings *settings, catga_problem *problem)
{
    otlp_variable disabled = otlp_variable_read("OTEL_SDK_DISABLED");
    otlp_variable exporter = otlp_variable_read("OTEL_TRACES_EXPORTER");
    int is_disabled = 0;
    int is_none = 0;

    catga_status status = otlp_variable_word(&disabled, "false, true", &is_disabled, problem);
    if (status == CATGA_OK && !is_disabled)
        status = otlp_variable_word(&exporter, "otlp, none", &is_none, problem);
    settings->is_wanted =
        !is_disabled && !is_none &&
        (exporter.value != NULL || otlp_variable_read_exporter("ENDPOINT").value != NULL);
    return status;
}

/* ---- Where to ---- */

/* An address with an at sign may have a password. */
static catga_status refuse_endpoint(const otlp_variable *variable, catga_problem *problem)
{
    static const char accepted[] = "an address, http://... or https://...";

    return strchr(variable->value, '@') == NULL ? otlp_variable_refuse(variable, accepted, problem)
                                                : refuse_secret(variable, accepted, problem);
}

static catga_status read_endpoint(otlp_settings *settings, catga_problem *problem)
{
    otlp_variable whole = otlp_variable_read("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    otlp_variable base = otlp_variable_read("OTEL_EXPORTER_OTLP_ENDPOINT");
    const otlp_variable *found = whole.value != NULL ? &whole : &base;
    const char *text = found->value != NULL ? found->value : DEFAULT_ENDPOINT;

    catga_status status =
        otlp_url_make(&settings->url, text, whole.value != NULL ? "" : TRACES_PATH);
    return status == CATGA_INVALID_ARGUMENT ? refuse_endpoint(found, problem) : status;
}

static catga_status read_protocol(otlp_settings *settings, catga_problem *problem)
{
    otlp_variable variable = otlp_variable_read_exporter("PROTOCOL");
    int is_json;

    catga_status status =
        otlp_variable_word(&variable, "http/protobuf, http/json", &is_json, problem);
    settings->writer = is_json ? &otlp_json : &otlp_protobuf;
    return status;
}

static catga_status read_compression(otlp_settings *settings, catga_problem *problem)
{
    otlp_variable variable = otlp_variable_read_exporter("COMPRESSION");
    int is_gzip;

    catga_status status = otlp_variable_word(&variable, "none, gzip", &is_gzip, problem);
    settings->compresses = is_gzip;
    return status;
}

/* ---- Headers ---- */

/* Returns whether a text can be the name of a header (RFC 9110, section 5.1). */
static bool is_header_name(const char *name)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return name[strspn(name, allowed)] == '\0';
}

/* Returns whether a text can be the value of a header. */
static bool is_header_value(catga_string value)
{
    for (size_t i = 0; i < value.length; i++)
        if (((unsigned char)value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] == 0x7f)
            return false;
    return true;
}

static bool are_headers(const otlp_pairs *headers)
{
    for (size_t i = 0; i < headers->count; i++)
        if (!is_header_name(headers->pairs[i].name) || !is_header_value(headers->pairs[i].text))
            return false;
    return true;
}

static catga_status read_headers(otlp_settings *settings, catga_problem *problem)
{
    otlp_variable variable = otlp_variable_read_exporter("HEADERS");

    catga_status status =
        variable.value == NULL ? CATGA_OK : otlp_pairs_read(&settings->headers, variable.value);

    if (status == CATGA_INVALID_ARGUMENT || !are_headers(&settings->headers))
        return refuse_secret(&variable, "name=value,name=value, percent-encoded", problem);
    return status;
}

/* ---- Files of https ---- */

/* Reads the name of a file that can be read. */
static catga_status read_file_name(const char **file, const char *name, catga_problem *problem)
{
    otlp_variable variable = otlp_variable_read_exporter(name);

    *file = variable.value;
    return *file == NULL || access(*file, R_OK) == 0
               ? CATGA_OK
               : otlp_variable_refuse(&variable, "a readable file in PEM format", problem);
}

static catga_status read_files(otlp_settings *settings, catga_problem *problem)
{
    catga_status status = read_file_name(&settings->authorities, "CERTIFICATE", problem);

    if (status == CATGA_OK)
        status = read_file_name(&settings->certificate, "CLIENT_CERTIFICATE", problem);
    return status == CATGA_OK ? read_file_name(&settings->key, "CLIENT_KEY", problem) : status;
}

/* ---- Sampler ---- */

/* Reads a ratio from 0 to 1, in any locale. Returns false for another text. */
static bool read_ratio(const char *text, double *ratio)
{
    enum { DIGITS = 15 };
    static const int64_t one = INT64_C(1000000000000000);
    int64_t value;

    if (!catga_decimal_parse(catga_str(text), DIGITS, &value) || value < 0 || value > one)
        return false;
    *ratio = (double)value / (double)one;
    return true;
}

static catga_status read_argument(otlp_settings *settings, catga_problem *problem)
{
    otlp_variable variable = otlp_variable_read("OTEL_TRACES_SAMPLER_ARG");

    if (variable.value == NULL || read_ratio(variable.value, &settings->ratio))
        return CATGA_OK;
    return otlp_variable_refuse(&variable, "a number from 0 to 1, with at most 15 decimals",
                                problem);
}

static catga_status read_sampler(otlp_settings *settings, catga_problem *problem)
{
    enum { ALWAYS_ON, ALWAYS_OFF, RATIO };
    static const char parent_based[] = "parentbased_";
    otlp_variable variable = otlp_variable_read("OTEL_TRACES_SAMPLER");
    const char *value = variable.value == NULL ? "parentbased_always_on" : variable.value;

    bool has_prefix = strncasecmp(value, parent_based, sizeof parent_based - 1) == 0;
    int kind = otlp_word_index("always_on, always_off, traceidratio",
                               has_prefix ? value + sizeof parent_based - 1 : value);
    if (kind < 0)
        return otlp_variable_refuse(
            &variable, "always_on, always_off or traceidratio, or parentbased_ and one of these",
            problem);
    settings->ignores_parent = !has_prefix;
    settings->ratio = kind == ALWAYS_OFF ? 0 : 1;
    return kind == RATIO ? read_argument(settings, problem) : CATGA_OK;
}

/* ---- Numbers ---- */

static catga_status read_close(otlp_settings *settings, const catga_otlp_options *options,
                               catga_problem *problem)
{
    settings->close_ms = options->close_ms == 0 ? CLOSE_MS : options->close_ms;
    if (settings->close_ms > 0 && settings->close_ms <= HOUR_MS)
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text,
             "close_ms: accepted is: a number from 1 to %d (value=%d)", HOUR_MS, options->close_ms);
    return CATGA_INVALID_ARGUMENT;
}

static catga_status read_times(otlp_settings *settings, catga_problem *problem)
{
    otlp_variable timeout = otlp_variable_read_exporter("TIMEOUT");
    otlp_variable total = otlp_variable_read("OTEL_BSP_EXPORT_TIMEOUT");
    otlp_variable delay = otlp_variable_read("OTEL_BSP_SCHEDULE_DELAY");

    catga_status status =
        otlp_variable_number(&timeout, 10000, 1, HOUR_MS, &settings->timeout_ms, problem);
    if (status == CATGA_OK)
        status = otlp_variable_number(&total, 30000, 1, HOUR_MS, &settings->export_ms, problem);
    if (status == CATGA_OK)
        status = otlp_variable_number(&delay, 5000, 1, HOUR_MS, &settings->delay_ms, problem);
    return status;
}

static catga_status read_sizes(otlp_settings *settings, catga_problem *problem)
{
    otlp_variable queue = otlp_variable_read("OTEL_BSP_MAX_QUEUE_SIZE");
    otlp_variable batch = otlp_variable_read("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");

    catga_status status =
        otlp_variable_number(&queue, QUEUE_SIZE, 1, LARGEST_QUEUE, &settings->queue_size, problem);
    if (status != CATGA_OK)
        return status;
    return otlp_variable_number(&batch, lesser(BATCH_SIZE, settings->queue_size), 1,
                                lesser(LARGEST_BATCH, settings->queue_size), &settings->batch_size,
                                problem);
}

/* ---- All ---- */

static catga_status read_all(otlp_settings *settings, const catga_otlp_options *options,
                             catga_problem *problem)
{
    catga_status status = read_endpoint(settings, problem);

    if (status == CATGA_OK)
        status = read_protocol(settings, problem);
    if (status == CATGA_OK)
        status = read_compression(settings, problem);
    if (status == CATGA_OK)
        status = read_headers(settings, problem);
    if (status == CATGA_OK)
        status = read_files(settings, problem);
    if (status == CATGA_OK)
        status = read_sampler(settings, problem);
    if (status == CATGA_OK)
        status = read_times(settings, problem);
    if (status == CATGA_OK)
        status = read_sizes(settings, problem);
    return status == CATGA_OK ? otlp_resource_read(&settings->resource, options, problem) : status;
}

catga_status otlp_settings_read(otlp_settings *settings, const catga_otlp_options *options,
                                catga_problem *problem)
{
    *settings = (otlp_settings){.log = options->log, .log_user = options->log_user};
    catga_status status = read_close(settings, options, problem);
    if (status == CATGA_OK)
        status = read_is_wanted(settings, problem);
    return status == CATGA_OK && settings->is_wanted ? read_all(settings, options, problem)
                                                     : status;
}

void otlp_settings_free(otlp_settings *settings)
{
    otlp_url_free(settings->url);
    otlp_pairs_free(&settings->headers);
    otlp_resource_free(&settings->resource);
}
