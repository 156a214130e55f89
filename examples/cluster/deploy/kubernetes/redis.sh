#!/bin/sh
# redis.sh server|sentinel: starts a Redis server or a Sentinel, in a container.
#
#   REDIS_NAME       name by which the others reach this one, also after a restart
#   REDIS_MASTER     name of the first master
#   REDIS_SENTINELS  names of the Sentinels, separated by spaces
#   REDIS_PASSWORD   password of the servers: letters and digits
#   REDIS_DATA       folder for files, which must outlive the container; /data
set -eu
umask 077 # the configurations have the password
data=${REDIS_DATA:-/data}

main() {
    check_password
    case "$*" in
    server)
        server_configuration >"$data/redis.conf.new"
        mv "$data/redis.conf.new" "$data/redis.conf"
        exec redis-server "$data/redis.conf"
        ;;
    sentinel)
        sentinel_configuration >"$data/sentinel.conf.new"
        mv "$data/sentinel.conf.new" "$data/sentinel.conf"
        exec redis-sentinel "$data/sentinel.conf"
        ;;
    *)
        echo 'usage: redis.sh server|sentinel' >&2
        exit 2
        ;;
    esac
}

# The password is part of configurations and of addresses, where other characters have a meaning.
check_password() {
    case $REDIS_PASSWORD in
    '' | *[!0-9A-Za-z]*)
        echo 'redis.sh: REDIS_PASSWORD must consist of letters and digits, and have no line break' >&2
        exit 2
        ;;
    esac
}

# A server that starts again is a replica of the master that the Sentinels have chosen meanwhile.
# Without an answer of theirs, it has the role that it had last: it may have the latest writes.
#
# A master that no replica has answered for more than two seconds refuses writes: it may be cut off,
# and replaced. Writes that it accepts until then are lost. A full server refuses new claims, and
# drops none.
server_configuration() {
    master=$(known_master)
    [ -n "$master" ] || master=$(last_master)
    cat <<END
port 6379
dir $data
appendonly yes
maxmemory 200mb
maxmemory-policy noeviction
repl-diskless-sync-delay 0
min-replicas-to-write 1
min-replicas-max-lag 2
replica-announce-ip $REDIS_NAME
requirepass $REDIS_PASSWORD
masterauth $REDIS_PASSWORD
END
    [ "$master" = "$REDIS_NAME" ] || echo "replicaof $master 6379"
}

# last_master: prints the master of this server's last configuration, in which Sentinels change
# `replicaof`, or the first master.
last_master() {
    if [ -e "$data/redis.conf" ]; then
        master=$(sed -n 's/^replicaof \([^ ]*\).*/\1/p' "$data/redis.conf")
        echo "${master:-$REDIS_NAME}"
    else
        echo "$REDIS_MASTER"
    fi
}

# A Sentinel writes into its configuration which server is the master, and starts from there: if all
# of them start together, none could ask another. The password is that of today; `SENTINEL SET`
# changes the other settings.
#
# The master counts as dead after a second; two Sentinels must agree. The id is that of the name, so
# the others know a Sentinel whose volume was lost.
sentinel_configuration() {
    if [ -e "$data/sentinel.conf" ]; then
        sed "s/^sentinel auth-pass orders .*/sentinel auth-pass orders $REDIS_PASSWORD/" \
            "$data/sentinel.conf"
        return
    fi
    master=$(known_master)
    cat <<END
port 26379
dir $data
protected-mode no
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip $REDIS_NAME
sentinel myid $(printf '%s' "$REDIS_NAME" | sha1sum | cut -c 1-40)
sentinel monitor orders ${master:-$REDIS_MASTER} 6379 2
sentinel auth-pass orders $REDIS_PASSWORD
sentinel down-after-milliseconds orders 1000
sentinel failover-timeout orders 4000
END
}

# known_master: prints the master that a Sentinel names; nothing if none answers.
known_master() {
    for sentinel in $REDIS_SENTINELS; do
        found=$(timeout 2 redis-cli -e -h "$sentinel" -p 26379 --raw \
            SENTINEL GET-MASTER-ADDR-BY-NAME orders 2>/dev/null | head -n 1) || found=
        if [ -n "$found" ]; then
            echo "$found"
            return
        fi
    done
}

main "$@"
