# handlers.awk: services of 10, 100 and 1,000 handlers of plain and of stored events, as a schema.
BEGIN {
    print "namespace handlers;\nversion 1;\nimport \"scaling.catga\";"
    services("Ten", 10)
    services("Hundred", 100)
    services("Thousand", 1000)
}

function services(name, count) {
    service(name, "Plain", count)
    service(name, "Stored", count)
}

function service(name, event, count,    i) {
    printf "service %s%s {\n", name, event
    for (i = 1; i <= count; i++)
        printf "    on %s group as hear_%d;\n", event, i
    print "}"
}
