/* SPDX-License-Identifier: MIT */
/*
 * sdl2_loop.c - ask from inside an SDL program that draws 120 frames a second
 *
 * The client's own thread reads, encodes and sends. Each frame submits at most one
 * image and takes at most one result. At the end the program prints how long frames
 * were, and how much CPU time the calls of klingrec took in them.
 * COMETAPI_KEY=... sdl2_loop IMAGE...
 */
#define _POSIX_C_SOURCE 200809L

#include <klingrec/klingrec.h>

#include <SDL.h>
#include <stdlib.h>
#include <time.h>

enum { FRAMES_MAX = 120 * 60, FRAMES_MIN = 120 };

typedef struct state {
    klingrec_client *client;
    char **next; /* the first image that was not submitted; NULL ends them */
    unsigned results;
} state;

static double
now_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void
submit_one(state *s)
{
    if (*s->next == NULL)
        return;
    klingrec_request request = klingrec_request_file(*s->next);
    request.user_data = *s->next;
    klingrec_status status = klingrec_submit(s->client, &request, NULL);
    if (status != KLINGREC_ERR_QUEUE_FULL) /* then it is tried in a later frame */
        s->next++;
    if (status < 0 && status != KLINGREC_ERR_QUEUE_FULL)
        SDL_Log("%s", klingrec_status_string(status));
}

/* The library's part of a frame. Returns whether there will be further results. */
static bool
run_jobs(state *s, klingrec_result **result)
{
    submit_one(s);
    klingrec_status status = klingrec_poll(s->client, 0, result);
    return status != KLINGREC_IDLE || *s->next != NULL;
}

static void
show(state *s, klingrec_result *result)
{
    if (result == NULL)
        return;
    const char *image = klingrec_result_user_data(result);
    SDL_Log("%s: %s", image, klingrec_result_message(result));
    klingrec_result_free(result);
    s->results++;
}

static void
draw(SDL_Renderer *renderer, int frame)
{
    const SDL_Rect bar = {frame * 2 % 320, 80, 16, 80};
    SDL_SetRenderDrawColor(renderer, 20, 20, 24, 255);
    SDL_RenderClear(renderer);
    SDL_SetRenderDrawColor(renderer, 240, 170, 40, 255);
    SDL_RenderFillRect(renderer, &bar);
    SDL_RenderPresent(renderer);
}

static bool
is_closed(void)
{
    for (SDL_Event event; SDL_PollEvent(&event) != 0;)
        if (event.type == SDL_QUIT)
            return true;
    return false;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* p of 1000 values are at most this. */
static double
permille(double *values, int count, int p)
{
    qsort(values, (size_t)count, sizeof values[0], compare);
    return count > 0 ? values[(count - 1) * p / 1000] : 0;
}

static void
run_frames(state *s, SDL_Renderer *renderer)
{
    static double frames_ms[FRAMES_MAX], calls_ms[FRAMES_MAX];
    int n = 0;
    bool more = true;
    double due_ms = now_ms(CLOCK_MONOTONIC);
    for (; n < FRAMES_MAX && (more || n < FRAMES_MIN) && !is_closed(); n++) {
        double begun_ms = now_ms(CLOCK_MONOTONIC);
        double cpu_ms = now_ms(CLOCK_THREAD_CPUTIME_ID);
        klingrec_result *result = NULL;
        more = run_jobs(s, &result);
        calls_ms[n] = now_ms(CLOCK_THREAD_CPUTIME_ID) - cpu_ms;
        show(s, result);
        draw(renderer, n);
        frames_ms[n] = now_ms(CLOCK_MONOTONIC) - begun_ms;
        due_ms += 1000.0 / 120;
        double left_ms = due_ms - now_ms(CLOCK_MONOTONIC);
        if (left_ms > 0)
            SDL_Delay((Uint32)left_ms);
        else
            due_ms -= left_ms; /* a late frame does not hurry those that follow */
    }
    SDL_Log("%d frames, %u results", n, s->results);
    SDL_Log("ms per frame: 50 %% %.3f, 99.9 %% %.3f, longest %.3f",
            permille(frames_ms, n, 500), permille(frames_ms, n, 999),
            permille(frames_ms, n, 1000));
    SDL_Log("CPU ms of klingrec per frame: 50 %% %.3f, 99.9 %% %.3f, longest %.3f",
            permille(calls_ms, n, 500), permille(calls_ms, n, 999),
            permille(calls_ms, n, 1000));
}

int
main(int argc, char **argv)
{
    (void)argc;
    SDL_Window *window;
    SDL_Renderer *renderer;
    char why[256];
    state s = {NULL, argv + 1, 0};
    klingrec_config config = klingrec_config_default();
    config.api_key = getenv("COMETAPI_KEY");
    config.endpoint = getenv("KLINGREC_ENDPOINT");
    config.run = KLINGREC_RUN_THREAD;
    if (klingrec_client_new(&config, why, sizeof why, &s.client) < 0) {
        SDL_Log("sdl2_loop: %s", why);
        return 2;
    }
    (void)klingrec_warm_up(s.client); /* while SDL starts */
    if (SDL_Init(SDL_INIT_VIDEO) != 0 ||
        SDL_CreateWindowAndRenderer(320, 240, 0, &window, &renderer) != 0) {
        SDL_Log("sdl2_loop: %s", SDL_GetError());
        klingrec_client_free(s.client);
        return 2;
    }
    run_frames(&s, renderer);
    SDL_DestroyRenderer(renderer);
    SDL_DestroyWindow(window);
    SDL_Quit();
    klingrec_client_free(s.client);
    return 0;
}
