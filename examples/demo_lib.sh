# shellcheck shell=sh
# What a demonstration needs: programs in the background, their lines on the terminal, a server
# that can be taken away and brought back, and an end that leaves nothing behind. Sourced.
#
# Nothing waits for a fixed time: await() looks for a line until it is there. Each helper ends the
# demonstration with exit code 1 when it does not see what it should.

. "$top/tests/lib/nats_server.sh"

# demo_open: makes the temporary directory $demo, and sees to its end on every way out.
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
    rm -rf "$demo"
}

# step TEXT [EXPLANATION]: a heading, and what there is to see.
step() {
    printf '\n== %s\n' "$1"
    if [ $# -gt 1 ]; then
        printf '%s\n' "$2" | fold -s -w 100
    fi
}

# fail TEXT: says what went wrong, with the last lines of every program, and ends.
fail() {
    printf '\nFAILED: %s\n' "$1" >&2
    for demo_log in "$demo"/*.log "$demo"/nats*/log; do
        [ -s "$demo_log" ] || continue
        printf -- '-- the last lines of %s\n' "${demo_log#"$demo"/}" >&2
        tail -n 15 "$demo_log" >&2
    done
    exit 1
}

# server_start, server_stop: the server of this demonstration; the second start takes the same port.
server_start() {
    nats_server_start "$demo/nats" --jetstream || fail 'nats-server does not start'
    NATS_URL=$(cat "$demo/nats/url")
    export NATS_URL
    printf 'nats-server listens at %s\n' "$NATS_URL"
}

server_stop() {
    nats_server_stop "$demo/nats"
    echo 'nats-server is gone'
}

# start NAME PROGRAM [ARGUMENT...]: runs it in the background; what it prints goes to its log.
start() {
    demo_name=$1
    shift
    : >"$demo/$demo_name.log"
    echo 0 >"$demo/$demo_name.shown"
    "$@" >>"$demo/$demo_name.log" 2>&1 </dev/null &
    echo "$!" >"$demo/$demo_name.pid"
}

# await NAME PATTERN [SECONDS]: until a line of NAME not yet shown matches (an extended regular
# expression); then shows its lines as far as that one.
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

# show NAME [COUNT]: prints its next lines, all or COUNT of them, with its name in front.
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

# finish NAME [SECONDS]: waits for its end, which must be exit code 0, and shows the rest of its
# lines.
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

# stop NAME: asks it to end (SIGTERM) and expects that it drains and ends with 0.
stop() {
    kill "$(cat "$demo/$1.pid")" 2>/dev/null || :
    finish "$1"
}

# crash NAME: kills it, and it has no time to say goodbye.
crash() {
    kill -KILL "$(cat "$demo/$1.pid")"
    wait "$(cat "$demo/$1.pid")" 2>/dev/null || :
    rm -f "$demo/$1.pid"
    echo "$1 is dead"
}

# said NAME TEXT...: waits until NAME has printed each of these, in whatever order, and shows its
# lines. Handlers of one service run side by side, so their lines have no order among them.
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

# never_said NAME TEXT: NAME has not printed it.
never_said() {
    if grep -qF -- "$2" "$demo/$1.log"; then
        fail "$1 printed: $2"
    fi
}
