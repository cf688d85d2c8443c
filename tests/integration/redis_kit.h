/* A private redis-server for one test: own port, own folder, gone with the test process. */
#ifndef TESTS_INTEGRATION_REDIS_KIT_H
#define TESTS_INTEGRATION_REDIS_KIT_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <ftw.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REDIS_KIT_PASSWORD "only for this test"

struct redis_kit {
    char dir[64];
    char port[8];
    pid_t pid;
};

static inline int redis_kit_free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&a, len) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

/* A connection of the test's own. */
static inline redisContext *redis_kit_connect(const struct redis_kit *k)
{
    struct timeval limit = {.tv_sec = 2};
    redisContext *c = redisConnectWithTimeout("127.0.0.1", atoi(k->port), limit);
    void *r = NULL;
    if (c == NULL || c->err != 0 || (r = redisCommand(c, "AUTH %s", REDIS_KIT_PASSWORD)) == NULL) {
        if (c != NULL) redisFree(c);
        return NULL;
    }
    freeReplyObject(r);
    return c;
}

/* One command; its integer or -1. */
static inline long long redis_kit_do(const struct redis_kit *k, const char *command)
{
    redisContext *c = redis_kit_connect(k);
    cr_assert_not_null(c);
    redisReply *r = redisCommand(c, command);
    long long n = r != NULL && r->type == REDIS_REPLY_INTEGER ? r->integer : -1;
    if (r != NULL) freeReplyObject(r);
    redisFree(c);
    return n;
}

static inline void redis_kit_start(struct redis_kit *k)
{
    if (k->dir[0] == '\0') {
        strcpy(k->dir, "/tmp/redress-redis-XXXXXX");
        cr_assert_not_null(mkdtemp(k->dir));
        snprintf(k->port, sizeof k->port, "%d", redis_kit_free_port());
    }
    k->pid = fork();
    cr_assert_geq(k->pid, 0);
    if (k->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("redis-server", "redis-server", "--port", k->port, "--bind", "127.0.0.1", "--dir", k->dir, "--save", "",
               "--appendonly", "no", "--requirepass", REDIS_KIT_PASSWORD, "--logfile", "redis.log", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500; i++) {
        redisContext *c = redis_kit_connect(k);
        redisReply *r = c != NULL ? redisCommand(c, "PING") : NULL;
        bool up = r != NULL && r->type == REDIS_REPLY_STATUS;
        if (r != NULL) freeReplyObject(r);
        if (c != NULL) redisFree(c);
        if (up) return;
        if (waitpid(k->pid, NULL, WNOHANG) == k->pid) cr_skip_test("redis-server does not run here");
        usleep(10000);
    }
    cr_assert_fail("redis-server did not come up in 5 s");
}

static inline void redis_kit_kill(struct redis_kit *k)
{
    if (k->pid <= 0) return;
    kill(k->pid, SIGKILL);
    waitpid(k->pid, NULL, 0);
    k->pid = 0;
}

static inline int redis_kit_remove(const char *path, const struct stat *s, int type, struct FTW *f)
{
    (void)s, (void)type, (void)f;
    return remove(path);
}

static inline void redis_kit_end(struct redis_kit *k)
{
    redis_kit_kill(k);
    if (k->dir[0] != '\0') nftw(k->dir, redis_kit_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
