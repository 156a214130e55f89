# shellcheck shell=sh
# Functions for demonstrations: run programs in the background, show their log lines, stop and
# restart the server, and clean up. This file is sourced.
#
# Nothing waits for a fixed time: await() waits for a log line. Each function ends the demonstration
# with exit code 1 when it does not see what it expects.

. "$top/tests/lib/nats_server.sh"
. "$top/tests/lib/redis_server.sh"

# The server: nats or redis.
demo_server=nats

# demo_open: makes the temporary directory $demo, and removes it on every exit.
demo_open() {
    demo=$(mktemp -d)
    trap demo_close EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

demo_close() {
    trap - EXIT
    for demo_pid in "$demo"/*.pid; do
        [ -s "$demo_pid" ] || continue
        kill -KILL "$(cat "$demo_pid")" 2>/dev/null || :
    done
    for demo_server in "$demo"/nats*; do
        nats_server_stop "$demo_server" KILL 2>/dev/null
    done
    redis_server_stop "$demo/redis" 2>/dev/null
    rm -rf "$demo"
}

# step TEXT [EXPLANATION]: prints a heading and an explanation.
step() {
    printf '\n== %s\n' "$1"
    if [ $# -gt 1 ]; then
        printf '%s\n' "$2" | fold -s -w 100
    fi
}

# print_translations: explains the Chinese log lines of the shop's services in English.
print_translations() {
    step 'The log lines of the services are Chinese, and mean:'
    sed 's/^/  /' "$top/examples/shop/translations"
}

# fail TEXT: prints the error and the last log lines of every program, and exits.
fail() {
    printf '\nFAILED: %s\n' "$1" >&2
    for demo_log in "$demo"/*.log "$demo"/nats*/log "$demo"/redis/log; do
        [ -s "$demo_log" ] || continue
        printf -- '-- the last lines of %s\n' "${demo_log#"$demo"/}" >&2
        tail -n 15 "$demo_log" >&2
    done
    exit 1
}

# server_start, server_stop: start and stop the server; the second start uses the same port.
server_start() {
    if [ "$demo_server" = redis ]; then
        redis_server_start "$demo/redis" --appendonly yes --appendfsync always ||
            fail 'redis-server does not start'
        REDIS_CONNECTION=$(cat "$demo/redis/url")
        export REDIS_CONNECTION
        printf 'redis-server listens at %s\n' "$REDIS_CONNECTION"
        return
    fi
    nats_server_start "$demo/nats" --jetstream || fail 'nats-server does not start'
    NATS_URL=$(cat "$demo/nats/url")
    export NATS_URL
    printf 'nats-server listens at %s\n' "$NATS_URL"
}

server_stop() {
    if [ "$demo_server" = redis ]; then
        redis_server_stop "$demo/redis" TERM
        echo 'redis-server is gone'
        return
    fi
    nats_server_stop "$demo/nats"
    echo 'nats-server is gone'
}

# start NAME PROGRAM [ARGUMENT...]: runs a program in the background, with its output in its log.
start() {
    demo_name=$1
    shift
    : >"$demo/$demo_name.log"
    echo 0 >"$demo/$demo_name.shown"
    "$@" >>"$demo/$demo_name.log" 2>&1 </dev/null &
    echo "$!" >"$demo/$demo_name.pid"
}

# await NAME PATTERN [SECONDS]: waits until a new log line of NAME matches an extended regular
# expression, and shows the lines up to it.
await() {
    await_left=$((${3:-10} * 20))
    until demo_line=$(unseen "$1" | grep -nE -m 1 -- "$2"); do
        [ "$await_left" -gt 0 ] || fail "$1 did not print: $2"
        if ! running "$1" && ! unseen "$1" | grep -qE -- "$2"; then
            fail "$1 ended without printing: $2"
        fi
        await_left=$((await_left - 1))
        sleep 0.05
    done
    show "$1" "${demo_line%%:*}"
}

# show NAME [COUNT]: prints the next lines of NAME, all or COUNT of them, prefixed with its name.
show() {
    unseen "$1" | head -n "${2:-100000}" >"$demo/$1.next"
    sed "s/^/  $(printf '%-14s' "$1") | /" "$demo/$1.next"
    echo "$(($(cat "$demo/$1.shown") + $(wc -l <"$demo/$1.next")))" >"$demo/$1.shown"
}

unseen() {
    tail -n "+$(($(cat "$demo/$1.shown") + 1))" "$demo/$1.log"
}

running() {
    kill -0 "$(cat "$demo/$1.pid" 2>/dev/null)" 2>/dev/null
}

# finish NAME [SECONDS]: waits until NAME exits with 0, and shows its remaining lines.
finish() {
    finish_left=$((${2:-30} * 20))
    while running "$1"; do
        [ "$finish_left" -gt 0 ] || fail "$1 does not end"
        finish_left=$((finish_left - 1))
        sleep 0.05
    done
    demo_status=0
    wait "$(cat "$demo/$1.pid")" || demo_status=$?
    rm -f "$demo/$1.pid"
    show "$1"
    [ "$demo_status" -eq 0 ] || fail "$1 ended with exit code $demo_status"
}

# stop NAME: sends SIGTERM, and expects the program to drain and exit with 0.
stop() {
    kill "$(cat "$demo/$1.pid")" 2>/dev/null || :
    finish "$1"
}

# crash NAME: kills the program with SIGKILL.
crash() {
    kill -KILL "$(cat "$demo/$1.pid")"
    wait "$(cat "$demo/$1.pid")" 2>/dev/null || :
    rm -f "$demo/$1.pid"
    echo "$1 is dead"
}

# said NAME TEXT...: waits until NAME has printed each text, in any order, and shows the lines. The
# handlers of one service run in parallel, so their lines have no order.
said() {
    said_name=$1
    said_left=200
    shift
    for said_text; do
        until grep -qF -- "$said_text" "$demo/$said_name.log"; do
            [ "$said_left" -gt 0 ] || fail "$said_name did not print: $said_text"
            said_left=$((said_left - 1))
            sleep 0.05
        done
    done
    show "$said_name"
}

# never_said NAME TEXT: checks that NAME has not printed TEXT.
never_said() {
    if grep -qF -- "$2" "$demo/$1.log"; then
        fail "$1 printed: $2"
    fi
}
