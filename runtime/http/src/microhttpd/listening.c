/* Ends listening; see listening.h. */
#include "microhttpd/listening.h"

#include <linux/filter.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>

/* The packets that a filter sees begin with the header of TCP. */
enum { FLAGS_OFFSET = 13 };

void http_listening_ignore_new(int fd)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS_OFFSET),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TH_SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    const struct sock_fprog filter = {sizeof steps / sizeof steps[0], steps};

    (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

bool http_listening_has_new(int fd)
{
    struct pollfd listening = {.fd = fd, .events = POLLIN};

    return poll(&listening, 1, 0) > 0;
}
