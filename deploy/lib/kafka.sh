# shellcheck shell=bash
# The broker: Apache Kafka's own artifacts, pinned in deploy/kafka/pom.xml, fetched once by Maven into a cache that all
# installations of the machine share, and run as one process (KRaft broker and controller).

kafka_cache() {
    local root=${REDRESS_CACHE:-/var/cache/redress}
    printf '%s/kafka-%s' "$root" "$(sha256sum "$DEPLOY/kafka/pom.xml" | cut -c1-12)"
}

kafka_fetch_progress() { printf '%d files fetched' "$(grep -c 'Downloaded from' "$1" || true)"; }

# Maven's own settings (~/.m2, /etc/maven, MAVEN_ARGS, MAVEN_OPTS) decide about mirrors and proxies. -U: what could not
# be reached a moment ago is asked for again, not remembered as missing for a day.
kafka_fetch() {
    local cache=$1
    rm -rf -- "$cache.part"
    mkdir -p -- "$cache.part"
    # shellcheck disable=SC2086 # MAVEN_ARGS is a list by definition; Debian's Maven is too old to read it itself
    mvn -B -U -f "$DEPLOY/kafka/pom.xml" -Dstyle.color=never ${MAVEN_ARGS:-} \
        org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$cache.part"
    ls "$cache.part"/kafka_2.13-*.jar "$cache.part"/slf4j-simple-*.jar >/dev/null
    mv -- "$cache.part" "$cache"
}

kafka_jars() {
    local cache
    cache=$(kafka_cache)
    if [[ ! -d $cache ]]; then
        step "Kafka's jars" "$STATE/log/deploy/kafka-fetch.log" kafka_fetch_progress \
            "Maven must reach Maven Central or the mirror of ~/.m2/settings.xml; call again when it does" \
            kafka_fetch "$cache"
    fi
    if [[ ! -d $STATE/kafka/lib ]]; then
        rm -rf -- "$STATE/kafka/lib.part"
        cp -al -- "$cache" "$STATE/kafka/lib.part" 2>/dev/null || { rm -rf -- "$STATE/kafka/lib.part" && cp -a -- "$cache" "$STATE/kafka/lib.part"; }
        mv -- "$STATE/kafka/lib.part" "$STATE/kafka/lib"
    fi
}

kafka_properties() {
    cat <<END
# Written by deploy/up. One process is broker and controller; loopback only.
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$((PORT_BASE + 2))
listeners=PLAINTEXT://127.0.0.1:$((PORT_BASE + 1)),CONTROLLER://127.0.0.1:$((PORT_BASE + 2))
advertised.listeners=PLAINTEXT://127.0.0.1:$((PORT_BASE + 1)),CONTROLLER://127.0.0.1:$((PORT_BASE + 2))
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$STATE/kafka/data

# Topics are made by 'redressctl topics' only; a misspelt name must be an error.
auto.create.topics.enable=false
num.partitions=$(conf_get partitions)
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# A killed broker may register again only when its old session has run out.
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000

# A small machine: a few hundred partitions, 256 MB of heap.
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
background.threads=2
log.cleaner.dedupe.buffer.size=2097152
log.segment.bytes=134217728
log.index.size.max.bytes=1048576
log.retention.hours=168
message.max.bytes=8388608
replica.fetch.max.bytes=8388608
END
}

# Made once: whoever needs a larger heap edits it. REDRESS_KAFKA_JVM has options for a new installation; the tests' stacks,
# which live a minute, do without the second compiler.
kafka_jvm() {
    printf '%s\n' -Xms256m -Xmx256m -XX:+UseSerialGC -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError ${REDRESS_KAFKA_JVM:-}
}

# The log goes to standard error, hence to s6-log.
kafka_log_properties() {
    cat <<'END'
org.slf4j.simpleLogger.defaultLogLevel=warn
org.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info
org.slf4j.simpleLogger.log.kafka.server.DefaultAutoTopicCreationManager=error
org.slf4j.simpleLogger.showDateTime=true
org.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ
END
}

kafka_init() {
    kafka_properties >"$STATE/etc/kafka.properties"
    if [[ ! -f $STATE/etc/kafka.jvm ]]; then kafka_jvm >"$STATE/etc/kafka.jvm"; fi
    mkdir -p -- "$STATE/kafka/classes"
    kafka_log_properties >"$STATE/kafka/classes/simplelogger.properties"
    if [[ -e $STATE/kafka/data/meta.properties ]]; then return; fi
    rm -rf -- "$STATE/kafka/data"
    install -d -o redress -g redress -m 0700 "$STATE/kafka/data"
    local id
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
    # Cluster ids starting with '-' would read as an option.
    id=R${id:1}
    as_redress "$(java_17)" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -cp "$STATE/kafka/classes:$STATE/kafka/lib/*" \
        kafka.tools.StorageTool format -t "$id" -c "$STATE/etc/kafka.properties" --standalone
}
