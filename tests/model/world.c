/* SPDX-License-Identifier: MIT */
/* world.c - what a random program's client sends its requests to, and its clock */
#define _POSIX_C_SOURCE 200809L

#include "world.h"

#include "../fake/fake.h"
#include "client/client.h"

#include <errno.h>
#include <time.h>

static model_world world;

static uint64_t
real_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t
world_now_ms(void)
{
    return world == MODEL_VIRTUAL ? fake_now() : real_now_ms();
}

void
world_pass_ms(unsigned ms)
{
    struct timespec span = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    if (world == MODEL_VIRTUAL)
        fake_set_now(fake_now() + ms);
    else
        while (nanosleep(&span, &span) != 0 && errno == EINTR)
            continue;
}

void
world_start(const world_choice *choice, klingrec_config *config)
{
    world = choice->world;
    if (world == MODEL_NETWORK)
        network_start(choice, config);
    else
        memory_start(world, config);
}

void
world_adopt(klingrec_client *client)
{
    if (world == MODEL_VIRTUAL)
        client->clock_ms = fake_now;
}

void
world_stop(void)
{
    if (world == MODEL_NETWORK)
        network_stop();
    else
        memory_stop();
}
