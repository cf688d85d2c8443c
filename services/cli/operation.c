/* redressctl status, channel, topics: what operators look at and set. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "cli/console.h"
#include "runtime/kafka.h"

static void show_firing(json_t *body)
{
    static const struct cli_column columns[] = {
        {"kind", "ALARM"}, {"partitions", "PARTITIONS"}, {"since_ms", "SINCE"}, {"late_ms", "LATE (MS)"}};
    json_t *firing = json_object_get(body, "firing"), *alarms = json_object_get(body, "alarms");
    if (json_object_get(firing, "swept_ms") == NULL)
        printf("firing   not known: sla does not answer\n");
    else
        printf("firing   %s; swept %lld ms ago, oldest %lld ms late, %lld partitions in Redis\n",
               json_is_true(json_object_get(firing, "well")) ? "well" : "ALARM",
               json_integer_value(json_object_get(firing, "swept_ms")),
               json_integer_value(json_object_get(firing, "late_ms")),
               json_integer_value(json_object_get(firing, "indexed")));
    if (json_array_size(alarms) > 0) cli_print_table(alarms, columns, (int)(sizeof columns / sizeof *columns));
}

static void show_status(json_t *body)
{
    static const struct cli_column columns[] = {
        {"name", "SERVICE"},  {"ready", "READY"},   {"partitions", "PARTITIONS"}, {"lag", "LAG"},
        {"unsent", "UNSENT"}, {"parked", "PARKED"}, {"events", "HANDLED"},        {"detail", "WHY NOT"}};
    char text[64];
    json_t *clock = json_object_get(body, "clock");
    printf("clock    %s%s\n", cli_text(clock, "now_ms", text, sizeof text),
           json_is_true(json_object_get(clock, "driven")) ? "  (DRILL: a driven clock)" : "");
    printf("cases    %s\n", cli_text(body, "cases", text, sizeof text));
    printf("timers   %s armed", cli_text(body, "timers.armed", text, sizeof text));
    printf(", %s overdue\n", cli_text(body, "timers.overdue", text, sizeof text));
    show_firing(body);
    printf("parked   %s\n\n", cli_text(body, "parked", text, sizeof text));
    cli_print_table(json_object_get(body, "services"), columns, (int)(sizeof columns / sizeof *columns));
}

static int status(struct cli *cli, int argc, char **argv)
{
    cli_word(argc, argv, "", "Services, partitions, lag, timers, parked inputs.");
    return console_show(cli, "/v1/status", show_status);
}

static void show_channels(json_t *body)
{
    static const struct cli_column columns[] = {{"name", "CHANNEL"},      {"kind", "KIND"},
                                                {"source", "SOURCE"},     {"rate_per_min", "RATE/MIN"},
                                                {"received", "RECEIVED"}, {"last_ms", "LAST"}};
    cli_print_table(json_object_get(body, "items"), columns, (int)(sizeof columns / sizeof *columns));
}

static int channel_list(struct cli *cli, int argc, char **argv)
{
    cli_word(argc, argv, "", "The registered channels.");
    return console_show(cli, "/v1/channels", show_channels);
}

enum { CHANNEL_RATE_MAX = 6000000 }; /* a minute; the console refuses more */

struct channel_options {
    const char *name, *kind, *source;
    json_int_t rate;
};

static error_t parse_channel(int key, char *arg, struct argp_state *state)
{
    struct channel_options *o = state->input;
    switch (key) {
    case 'k': o->kind = arg; return 0;
    case 's': o->source = arg; return 0;
    case 'r': o->rate = cli_number(state, "--rate", arg, 1, CHANNEL_RATE_MAX); return 0;
    case ARGP_KEY_ARG:
        if (o->name != NULL) return ARGP_ERR_UNKNOWN;
        o->name = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int channel_answer(struct cli *cli, const struct console_answer *a)
{
    if (a->status >= 400) return console_problem(cli, a);
    if (cli->json) {
        cli_print_json(json_incref(a->body));
        return CLI_OK;
    }
    printf("channel %s registered; it sends CloudEvents with source %s\n",
           json_string_value(json_object_get(a->body, "name")), json_string_value(json_object_get(a->body, "source")));
    const char *key = json_string_value(json_object_get(a->body, "key"));
    if (key != NULL) printf("key (shown once): %s\n", key);
    return CLI_OK;
}

static int channel_add(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"kind", 'k', "KIND", 0,
         "required: phone, web, email, chat, social, letter, walk_in, platform, regulator, outlet, import", 0},
        {"source", 's', "URI", 0, "CloudEvents source it sends with (default /channels/NAME)", 0},
        {"rate", 'r', "N", 0, "messages a minute at most (default 6000)", 0},
        {0}};
    static const struct argp parser = {options, parse_channel, "NAME", "Register a channel.", 0, 0, 0};
    struct channel_options o = {0};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.name == NULL || o.kind == NULL) return cli_usage(cli, "needs the channel's NAME and --kind");
    json_t *body = json_pack("{s:s, s:s, s:s*}", "name", o.name, "kind", o.kind, "source", o.source);
    if (o.rate > 0) json_object_set_new(body, "rate_per_min", json_integer(o.rate));
    char *text = json_dumps(body, JSON_COMPACT);
    struct err e = ERR_INIT;
    struct console_answer a;
    int rc =
        console_call(cli, &(struct console_request){.method = "POST", .path = "/v1/channels", .body = text}, &a, &e)
            ? channel_answer(cli, &a)
            : cli_fail(cli, &e);
    console_answer_deinit(&a);
    json_decref(body);
    free(text);
    return rc;
}

static int topics(struct cli *cli, int argc, char **argv)
{
    struct err e = ERR_INIT;
    cli_word(argc, argv, "", "Create the Kafka topics that are missing.");
    if (!kafka_topics_create(&cli->config, &e)) return cli_fail(cli, &e);
    if (cli->json) cli_print_json(json_pack("{s:s}", "topics", "complete"));
    return CLI_OK;
}

const struct cli_command cli_operation_commands[] = {
    {"status", status, "services, partitions, lag, timers, parked inputs"},
    {"channel add", channel_add, "register a channel"},
    {"channel list", channel_list, "the registered channels"},
    {"topics", topics, "create the Kafka topics that are missing"},
    {0}};
