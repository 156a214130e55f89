# shellcheck shell=sh disable=SC2034
# Debian packages that the scripts need, and a function that installs missing ones. This file is
# sourced. Only these lists name packages, one list per purpose.

packages_to_build='gcc libc6-dev make cmake pkg-config lemon libnats-dev libbsd-dev'
packages_for_http='libmicrohttpd-dev libgnutls28-dev'
packages_for_otlp='libcurl4-openssl-dev zlib1g-dev'
packages_for_redis='libhiredis-dev'
packages_to_serve='nats-server'
packages_to_serve_redis='redis-server redis-sentinel redis-tools'
packages_for_cluster='haproxy prometheus python3 wrk'
packages_to_test='g++ clang libclang-rt-dev libcmocka-dev flatbuffers-compiler libflatbuffers-dev
    ninja-build openssl python3 python3-yaml git clang-format mandoc zsh fish dpkg-dev file spin curl nginx haproxy
    prometheus protobuf-compiler'
packages_for_node='nodejs npm'
packages_for_browser='chromium chromium-driver'
packages_for_bigendian='gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user'
packages_to_bench="g++ flatbuffers-compiler libflatbuffers-dev protobuf-c-compiler libprotobuf-c-dev
    $packages_for_http $packages_for_redis wrk curl procps python3"
packages_to_bench_grpc='libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc'

# install_packages NAME...: installs missing packages, and prints their names.
install_packages() {
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "This is not a Debian system; it needs what these packages hold:$missing" >&2
        return 0
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "Not root, and there is no sudo. As root, run: apt-get install$missing" >&2
        return 1
    fi
    echo "Installing:$missing"
    packages_log=$(mktemp)
    # shellcheck disable=SC2086
    if {
        as_root apt-get -o Acquire::Retries=3 update || : # another package source may be broken
        as_root apt-get -o Acquire::Retries=3 install -y --no-install-recommends $missing
    } >"$packages_log" 2>&1 </dev/null; then
        rm -f "$packages_log"
        return 0
    fi
    cat "$packages_log" >&2
    rm -f "$packages_log"
    echo "Could not install:$missing" >&2
    return 1
}

# missing_packages NAME...: prints the missing packages, each after a space.
missing_packages() {
    for package; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) printf ' %s' "$package" ;;
        esac
    done
}

# as_root COMMAND...: runs a command as root, through sudo if needed.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}
