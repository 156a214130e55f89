#!/bin/sh
# redis.sh server|sentinel: starts a Redis server or a Sentinel, in a container.
#
#   REDIS_NAME       name by which the others reach this one, also after a restart
#   REDIS_MASTER     name of the first master
#   REDIS_SENTINELS  names of the Sentinels, separated by spaces
#   REDIS_PASSWORD   password of the servers
#   REDIS_DATA       folder for files; /data
set -eu
data=${REDIS_DATA:-/data}

main() {
    case $1 in
    server)
        server_configuration >"$data/redis.conf"
        exec redis-server "$data/redis.conf"
        ;;
    sentinel)
        sentinel_configuration >"$data/sentinel.conf"
        exec redis-sentinel "$data/sentinel.conf"
        ;;
    esac
}

# A server that starts again is a replica of the master that the Sentinels have chosen meanwhile.
# Without a replica that has received the last writes, a master refuses others: it may be cut off,
# and replaced. A full server refuses new claims, and drops none.
server_configuration() {
    master=$(known_master)
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

# The master counts as dead after a second; two Sentinels must agree. The id is that of the name, so
# the others know a Sentinel that starts again.
sentinel_configuration() {
    cat <<END
port 26379
dir $data
protected-mode no
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip $REDIS_NAME
sentinel myid $(printf '%s' "$REDIS_NAME" | sha1sum | cut -c 1-40)
sentinel monitor orders $(known_master) 6379 2
sentinel auth-pass orders $REDIS_PASSWORD
sentinel down-after-milliseconds orders 1000
sentinel failover-timeout orders 4000
END
}

# known_master: prints the master that a Sentinel names, or the first one while none answers.
known_master() {
    for sentinel in $REDIS_SENTINELS; do
        found=$(timeout 2 redis-cli -e -h "$sentinel" -p 26379 --raw \
            SENTINEL GET-MASTER-ADDR-BY-NAME orders 2>/dev/null | head -n 1) || found=
        if [ -n "$found" ]; then
            echo "$found"
            return
        fi
    done
    echo "$REDIS_MASTER"
}

main "$@"
