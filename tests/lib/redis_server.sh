# shellcheck shell=sh
# A private redis-server. This file is sourced; the caller stops the server on exit
# (redis_server_stop DIR). DIR contains its pid, url, log and files.

# redis_server_start DIR [OPTION...]: starts the server on a free port, and waits until it answers.
# Its address is in DIR/url. After a stop it uses the same port again.
redis_server_start() {
    redis_dir=$1
    shift
    redis_tries=0
    mkdir -p "$redis_dir/data"
    while [ "$redis_tries" -lt 20 ]; do
        if [ -s "$redis_dir/url" ]; then
            redis_port=$(sed 's/.*://' "$redis_dir/url")
        else
            redis_port=$(redis_server_port)
        fi
        redis-server --port "$redis_port" --bind 127.0.0.1 --dir "$redis_dir/data" --save '' \
            --unixsocket "$redis_dir/socket" "$@" >>"$redis_dir/log" 2>&1 </dev/null &
        echo "$!" >"$redis_dir/pid"
        if redis_server_wait "$redis_dir" "$redis_port"; then
            echo "redis://127.0.0.1:$redis_port" >"$redis_dir/url"
            return 0
        fi
        redis_tries=$((redis_tries + 1))
    done
    echo "redis-server did not start:" >&2
    tail -n 20 "$redis_dir/log" >&2
    return 1
}

# redis_server_port: prints a port that was free just now, outside the range of clients.
redis_server_port() {
    echo $((10000 + (1$(date +%N) / 1000 + $$) % 20000))
}

# redis_server_wait DIR PORT: returns when the server answers; fails if it has ended, for another
# program may have the port.
redis_server_wait() {
    while kill -0 "$(cat "$1/pid")" 2>/dev/null; do
        if redis-cli -s "$1/socket" ping 2>/dev/null | grep -qE 'PONG|NOAUTH'; then
            return 0
        fi
        sleep 0.02
    done
    return 1
}

# redis_server_stop DIR [SIGNAL]: stops the server (default KILL: it has nothing to save), and waits
# until it has ended.
redis_server_stop() {
    [ -s "$1/pid" ] || return 0
    redis_pid=$(cat "$1/pid")
    kill -s "${2:-KILL}" "$redis_pid" 2>/dev/null || :
    wait "$redis_pid" 2>/dev/null || :
    while kill -0 "$redis_pid" 2>/dev/null; do
        sleep 0.02
    done
    rm -f "$1/pid"
}
