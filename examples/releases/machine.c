/*
 * releases_machine PROGRAM PATH: keeps the latest release of a program in a file, until SIGTERM.
 * Start it on each machine.
 */
#include "releases.catga.h"

#include <stdio.h>

typedef struct machine {
    catga_bus *bus;
    catga_string program;
    const char *path;
} machine;

static catga_string version_of(const catga_object_info *release)
{
    for (size_t i = 0; i < release->metadata_count; i++) {
        if (catga_string_equal(release->metadata[i].name, CATGA_STR("version")))
            return release->metadata[i].value;
    }
    return CATGA_STR("unknown");
}

/* The file is replaced at once, after the whole content has the digest of the release. Otherwise
 * the old release stays. */
static catga_status install(const machine *here)
{
    catga_object_info release;
    catga_problem problem = {""};

    catga_status status =
        releases_programs_get_file(here->bus, here->program, here->path, &release, &problem);

    if (status == CATGA_OK)
        printf("installed %.*s %.*s\n", CATGA_PRINT(release.name),
               CATGA_PRINT(version_of(&release)));
    else
        printf("not installed: %s: %s\n", catga_status_text(status), problem.text);
    fflush(stdout);
    catga_object_info_free(&release);
    return status;
}

/* Called with the present releases when the machine starts, and with each new one. */
static void changed(const catga_object_info *release, void *user)
{
    const machine *here = user;
    catga_status status = CATGA_TIMEOUT;

    if (release == NULL || release->deleted || !catga_string_equal(release->name, here->program))
        return;
    while (status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED)
        status = install(here);
}

static catga_status run(machine *here, catga_problem *problem)
{
    catga_object_watch *watch;
    catga_status status = releases_programs_ensure(here->bus, problem);

    if (status == CATGA_OK)
        status = releases_programs_watch(here->bus, &watch, false, changed, here, problem);
    if (status != CATGA_OK)
        return status;
    status = catga_run(here->bus);
    catga_object_watch_close(watch);
    return status;
}

int main(int argc, char **argv)
{
    catga_problem problem = {""};
    machine here = {0};

    if (argc != 3) {
        fprintf(stderr, "usage: releases_machine PROGRAM PATH\n");
        return 2;
    }
    here.program = catga_str(argv[1]);
    here.path = argv[2];
    catga_status status = catga_open(&here.bus, NULL);
    if (status == CATGA_OK)
        status = run(&here, &problem);
    catga_close(here.bus);
    if (status != CATGA_OK)
        fprintf(stderr, "releases_machine: %s: %s\n", catga_status_text(status), problem.text);
    return status == CATGA_OK ? 0 : 1;
}
