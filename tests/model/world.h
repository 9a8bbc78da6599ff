/* SPDX-License-Identifier: MIT */
/* world.h - what a random program's client sends its requests to, and its clock */
#ifndef MODEL_WORLD_H
#define MODEL_WORLD_H

#include "model.h"

#include <klingrec/transport.h>

typedef struct world_choice {
    model_world world;
    bool tls;          /* on a network */
    bool breaks_early; /* on a network: connections that end in the head */
} world_choice;

/* Sets the transport or the endpoint of the configuration, which must outlive it. */
void world_start(const world_choice *choice, klingrec_config *config);
/* When the client exists, before any call on it. */
void world_adopt(klingrec_client *client);
/* The client is gone. */
void world_stop(void);

uint64_t world_now_ms(void);
/* Lets time pass: at once in virtual time. */
void world_pass_ms(unsigned ms);

/* The parts that are a transport in memory, and a server. */
void memory_start(model_world world, klingrec_config *config);
void memory_stop(void);
uint64_t memory_now_ms(void);
void network_start(const world_choice *choice, klingrec_config *config);
void network_stop(void);

#endif
