# shellcheck shell=sh
# A private nats-server. This file is sourced; the caller stops the server on exit (nats_server_stop
# DIR).
#
# The server chooses a free port and writes it to a file, so there is no race for a port, and no
# guess about when it listens. DIR contains its pid, url, log and store.

# nats_server_start DIR [OPTION...]: starts the server, and waits until it listens. The address is
# in DIR/url. After a stop it uses the same port again.
nats_server_start() {
    nats_dir=$1
    shift
    nats_port=-1
    mkdir -p "$nats_dir/ports"
    rm -f "$nats_dir/ports"/*
    if [ -s "$nats_dir/url" ]; then
        nats_port=$(sed 's/.*://' "$nats_dir/url")
    fi
    "${NATS_SERVER:-$(nats_server_path)}" -a 127.0.0.1 -p "$nats_port" \
        --ports_file_dir "$nats_dir/ports" --store_dir "$nats_dir/store" "$@" \
        >>"$nats_dir/log" 2>&1 </dev/null &
    echo "$!" >"$nats_dir/pid"
    nats_server_wait "$nats_dir"
}

# nats_server_certify DIR: makes a key and a certificate of this machine, which is its own
# authority.
nats_server_certify() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout "$1/key" -out "$1/certificate" 2>/dev/null
}

# nats_server_wait DIR: returns when the server listens; fails if it died or took more than ten
# seconds.
nats_server_wait() {
    nats_tries=0
    while [ "$nats_tries" -lt 400 ]; do
        for nats_file in "$1"/ports/*.ports; do
            nats_url=$(sed -n 's/.*"nats":\["\([^"]*\)".*/\1/p' "$nats_file" 2>/dev/null) || :
            if [ -n "$nats_url" ]; then
                echo "$nats_url" >"$1/url"
                return 0
            fi
        done
        kill -0 "$(cat "$1/pid")" 2>/dev/null || break
        nats_tries=$((nats_tries + 1))
        sleep 0.025
    done
    echo "nats-server did not start:" >&2
    tail -n 20 "$1/log" >&2
    return 1
}

# nats_server_stop DIR [SIGNAL]: stops the server (default TERM), and waits until it has ended.
nats_server_stop() {
    [ -s "$1/pid" ] || return 0
    nats_pid=$(cat "$1/pid")
    kill -s "${2:-TERM}" "$nats_pid" 2>/dev/null || :
    wait "$nats_pid" 2>/dev/null || :
    while kill -0 "$nats_pid" 2>/dev/null; do
        sleep 0.025
    done
    rm -f "$1/pid"
}

# nats_server_path: prints the path of the server, which on Debian may not be in an ordinary user's
# PATH.
nats_server_path() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nats-server || echo nats-server
}
