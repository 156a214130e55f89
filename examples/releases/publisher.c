/* releases_publisher PROGRAM VERSION FILE: publishes the content of a file as a release. */
#include "releases.catga.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The machines see the new release when all of its content is stored, and the old one until then.
 */
static catga_status publish(catga_bus *bus, const char *program, const char *version, int fd,
                            catga_problem *problem)
{
    const catga_object_pair metadata = {CATGA_STR("version"), catga_str(version)};
    const catga_object release = {
        .name = catga_str(program), .metadata = &metadata, .metadata_count = 1};
    catga_status status = releases_programs_ensure(bus, problem);

    return status == CATGA_OK ? releases_programs_put_file(bus, &release, fd, NULL, problem)
                              : status;
}

int main(int argc, char **argv)
{
    catga_problem problem = {""};
    catga_bus *bus;

    if (argc != 4) {
        fprintf(stderr, "usage: releases_publisher PROGRAM VERSION FILE\n");
        return 2;
    }
    int fd = open(argv[3], O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        perror(argv[3]);
        return 1;
    }
    catga_status status = catga_open(&bus, NULL);
    if (status == CATGA_OK)
        status = publish(bus, argv[1], argv[2], fd, &problem);
    catga_close(bus);
    close(fd);
    if (status != CATGA_OK)
        fprintf(stderr, "releases_publisher: %s: %s\n", catga_status_text(status), problem.text);
    return status == CATGA_OK ? 0 : 1;
}
