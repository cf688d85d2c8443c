/* The console's edges that decide who and what is let in. */
#include <criterion/criterion.h>
#include <string.h>

#include "console/auth.h"
#include "console/channels.h"
#include "console/form.h"
#include "console/http.h"
#include "console/hub.h"
#include "console/probe.h"

Test(console_auth, only_the_token_opens)
{
    struct auth a;
    cr_assert(auth_init(&a, "s3cret"));
    cr_assert(auth_token(&a, "s3cret"));
    cr_assert_not(auth_token(&a, "s3cre"));
    cr_assert_not(auth_token(&a, "s3crett"));
    cr_assert_not(auth_token(&a, ""));
    cr_assert_not(auth_token(&a, NULL));
    cr_assert(auth_init(&a, ""));
    cr_assert_not(auth_token(&a, ""), "without a token nobody may call");
}

Test(console_auth, sessions_end_and_cannot_be_made_up)
{
    struct auth a, other;
    char cookie[AUTH_COOKIE_SIZE], later[AUTH_COOKIE_SIZE + 1];
    auth_init(&a, "s3cret");
    auth_init(&other, "another");
    auth_session_make(&a, 1000, cookie);
    cr_assert(auth_session(&a, 1000, cookie));
    cr_assert(auth_session(&a, 1000 + AUTH_SESSION_S - 1, cookie));
    cr_assert_not(auth_session(&a, 1000 + AUTH_SESSION_S, cookie), "it has ended");
    cr_assert_not(auth_session(&other, 1000, cookie), "a new token ends every session");
    snprintf(later, sizeof(later), "9%s", cookie);
    cr_assert_not(auth_session(&a, 1000, later), "a later end needs another code");
    cr_assert_not(auth_session(&a, 1000, "."));
    cr_assert_not(auth_session(&a, 1000, ""));
    cr_assert_not(auth_session(&a, 1000, NULL));
}

Test(console_auth, channel_keys_are_kept_as_hashes)
{
    char key[AUTH_KEY_TEXT], second[AUTH_KEY_TEXT];
    unsigned char made[AUTH_HASH_SIZE], again[AUTH_HASH_SIZE];
    struct auth a;
    auth_init(&a, "x");
    auth_key_make(key, made);
    auth_key_hash(key, again);
    cr_assert_arr_eq(made, again, sizeof(made));
    auth_key_make(second, again);
    cr_assert_str_neq(key, second);
}

Test(console_auth, only_this_machines_names_and_this_pages_requests)
{
    cr_assert(auth_host_is_loopback("127.0.0.1:19010"));
    cr_assert(auth_host_is_loopback("localhost"));
    cr_assert(auth_host_is_loopback("[::1]:19010"));
    cr_assert_not(auth_host_is_loopback("127.0.0.1.evil.example"));
    cr_assert_not(auth_host_is_loopback("localhost.evil.example:80"));
    cr_assert_not(auth_host_is_loopback("evil.example"));
    cr_assert_not(auth_host_is_loopback(NULL));
    cr_assert(auth_same_origin("http://127.0.0.1:19010", "127.0.0.1:19010"));
    cr_assert_not(auth_same_origin("http://127.0.0.1:8080", "127.0.0.1:19010"));
    cr_assert_not(auth_same_origin("null", "127.0.0.1:19010"));
    cr_assert_not(auth_same_origin(NULL, "127.0.0.1:19010"));
    cr_assert_str_eq(auth_bearer("Bearer abc"), "abc");
    cr_assert_null(auth_bearer("Basic abc"));
    cr_assert_null(auth_bearer("Bearer "));
}

Test(console_http, paths_match_whole_segments)
{
    struct arena a;
    const char *s[HTTP_SEGMENTS] = {0};
    arena_init(&a);
    cr_assert(http_match("/v1/cases/{}/commands/{}", "/v1/cases/RF-1/commands/approve", &a, s));
    cr_assert_str_eq(s[0], "RF-1");
    cr_assert_str_eq(s[1], "approve");
    cr_assert_not(http_match("/v1/cases/{}", "/v1/cases/", &a, s), "a segment is never empty");
    cr_assert_not(http_match("/v1/cases/{}", "/v1/cases/1/2", &a, s));
    cr_assert_not(http_match("/v1/cases", "/v1/cases/1", &a, s));
    arena_deinit(&a);
}

Test(console_stream, types_and_services_select)
{
    cr_assert(hub_type_matches("sla.breached", "sla.breached"));
    cr_assert(hub_type_matches("intake,escalation", "escalation.slip_issued"));
    cr_assert_not(hub_type_matches("sla.breached", "sla.armed"));
    cr_assert_not(hub_type_matches("sla.bre", "sla.breached"));
    cr_assert_not(hub_type_matches("", "sla.breached"));
}

/* CH-2: a channel has a rate; a burst of a minute's worth passes, then it is told how long to wait. */
Test(console_channels, CH_2_a_channel_has_a_rate)
{
    struct bucket b = {0};
    cr_assert_eq(bucket_take(&b, 60, 60, 1000000), 0);
    cr_assert_eq(bucket_take(&b, 60, 1, 1000000), 1);
    cr_assert_eq(bucket_take(&b, 60, 1, 2100000), 0, "one a second comes back");
    cr_assert_eq(bucket_take(&b, 60, 30, 2100000), 30);
    cr_assert_eq(bucket_take(&b, 60, 100, 200000000), 0, "a batch above a minute's worth passes on a full bucket");
    cr_assert_gt(bucket_take(&b, 60, 1, 200000000), 40, "and is owed afterwards");
}

Test(console_probe, metrics_are_summed_over_labels)
{
    static const char text[] = "# HELP redress_lag x\nredress_lag{topic=\"a\"} 3\nredress_lag{topic=\"b\"} "
                               "4\nredress_lag_other 9\nplain 2.5\n";
    double sum;
    cr_assert(probe_metric(text, "redress_lag", &sum));
    cr_assert_eq(sum, 7);
    cr_assert(probe_metric(text, "plain", &sum));
    cr_assert_eq(sum, 2.5);
    cr_assert_not(probe_metric(text, "redress", &sum));
}

Test(console_form, bodies_are_objects_and_batches_bounded)
{
    struct arena a;
    struct form f;
    struct buf body = BUF_INIT;
    const char **items;
    int n;
    int64_t v;
    arena_init(&a);
    buf_puts(&body, "{\"n\":4,\"s\":\"x\",\"o\":{\"k\":[1]}}");
    struct err e = ERR_INIT;
    cr_assert(form_read(&f, &body, &a, &e));
    cr_assert_str_eq(form_text(&f, "s"), "x");
    cr_assert_null(form_text(&f, "n"));
    cr_assert(form_int(&f, "n", 0, &v) && v == 4);
    cr_assert_not(form_int(&f, "s", 0, &v));
    cr_assert(form_int(&f, "absent", 7, &v) && v == 7);
    cr_assert_str_eq(form_json(&f, "o"), "{\"k\":[1]}");
    form_close(&f);
    buf_reset(&body);
    buf_puts(&body, "[{\"a\":1},2,3]");
    cr_assert_not(form_read(&f, &body, &a, &e));
    cr_assert_eq(e.code, ERR_DATA);
    err_clear(&e);
    cr_assert(form_split(&body, 3, &a, &items, &n, &e));
    cr_assert_eq(n, 3);
    cr_assert_str_eq(items[0], "{\"a\":1}");
    cr_assert_not(form_split(&body, 2, &a, &items, &n, &e));
    buf_deinit(&body);
    arena_deinit(&a);
}
