/* SPDX-License-Identifier: MIT */
/* test_hpp.cpp - klingrec.hpp: ownership, callables, futures and coroutines */
#include <klingrec/klingrec.hpp>
#include <klingrec/transport.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

static unsigned passed, failed;

#define CHECK(condition)                                                               \
    ((condition) ? (void)0 : (std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition), \
                              (void)++failures))
static unsigned failures;

static void run(const char *name, void (*test)()) {
    failures = 0;
    test();
    ++(failures == 0 ? passed : failed);
    std::printf("%s %s\n", failures == 0 ? "ok" : "FAILED", name);
}

/* ---- A transport in memory -------------------------------------------------- */

/* Answers each request in the drive() after its start, while `answers` is true. */
struct Service {
    std::vector<klingrec_exchange *> running;
    bool answers = true;
    unsigned started = 0;

    static klingrec_status start(void *user, klingrec_exchange *x) {
        auto *self = static_cast<Service *>(user);
        self->running.push_back(x);
        self->started++;
        return KLINGREC_OK;
    }
    static void cancel(void *user, klingrec_exchange *x) {
        auto &running = static_cast<Service *>(user)->running;
        running.erase(std::find(running.begin(), running.end(), x));
        klingrec_exchange_end(x, KLINGREC_ERR_CANCELED, false, nullptr);
    }
    static void drive(void *user, int) {
        auto *self = static_cast<Service *>(user);
        while (self->answers && !self->running.empty()) {
            klingrec_exchange *x = self->running.front();
            self->running.erase(self->running.begin());
            answer(x);
        }
    }
    static void answer(klingrec_exchange *x) {
        static const char text[] =
            "{\"code\":0,\"message\":\"SUCCEED\",\"request_id\":\"r-1\",\"data\":"
            "{\"task_result\":{\"images\":["
            "{\"type\":\"head_seg\",\"url\":\"https://e.org/h\",\"is_contain\":true},"
            "{\"type\":\"face_seg\",\"is_contain\":false}]}}}";
        char chunk[256];
        std::size_t n;
        while ((n = klingrec_exchange_body_read(x, chunk, sizeof chunk)) > 0 &&
               n != KLINGREC_BODY_FAILED) {
        }
        klingrec_exchange_set_http_status(x, 200);
        klingrec_exchange_write(x, text, sizeof text - 1);
        klingrec_exchange_end(x, KLINGREC_OK, true, nullptr);
    }
    static bool wake(void *) { return false; }
    static void close(void *) {}

    klingrec::Client client() {
        klingrec_transport transport = klingrec_transport_default();
        transport.user = this;
        transport.start = start;
        transport.cancel = cancel;
        transport.drive = drive;
        transport.wake = wake;
        transport.close = close;
        klingrec::Config config;
        config.api_key = "test-key";
        config.transport = &transport;
        return klingrec::Client(config);
    }
};

static klingrec::Request url() { return klingrec::Request::url("https://e.org/a.png"); }

/* ---- Tests ------------------------------------------------------------------ */

static void a_result_is_its_error_and_has_views_of_its_texts() {
    Service service;
    klingrec::Client client = service.client();
    CHECK(client && client.error().empty());
    klingrec::Result result = client.recognize(url());
    CHECK(result);
    CHECK(result.contains(KLINGREC_KIND_HEAD) && !result.contains(KLINGREC_KIND_FACE));
    CHECK(result.request_id() == "r-1");
    CHECK(result.delivery() == KLINGREC_DELIVERY_ANSWERED);
    CHECK(result.body().substr(0, 8) == "{\"code\":");
    unsigned regions = 0;
    for (klingrec::Region region : result.regions())
        regions += region.name == (regions == 0 ? "head_seg" : "face_seg");
    CHECK(regions == 2);
    CHECK(result.regions()[0].url == "https://e.org/h" && result.regions()[1].url.empty());
    klingrec::Region face;
    CHECK(result.find(KLINGREC_KIND_FACE, &face) && !face.contained);
    CHECK(!result.find(KLINGREC_KIND_CLOTH, &face));
    klingrec::Result moved = std::move(result);
    CHECK(moved && moved.request_id() == "r-1");
    CHECK(klingrec::Result(KLINGREC_ERR_QUEUE_FULL).message().size() > 5);

    klingrec::Result bad = client.recognize(klingrec::Request::url("not a URL"));
    CHECK(!bad && bad.status() == KLINGREC_ERR_IMAGE_URL && !bad.message().empty());
    klingrec::Config wrong;
    klingrec::Client none(wrong);
    CHECK(!none && none.error().find("api_key") != std::string::npos);
    CHECK(none.recognize(url()).status() == KLINGREC_ERR_ARGUMENT);
    CHECK(none.poll() == KLINGREC_ERR_ARGUMENT);
}

/* Counts the live objects. */
struct Owner {
    static int live;
    Owner() { live++; }
    Owner(Owner &&) noexcept { live++; }
    ~Owner() { live--; }
};
int Owner::live = 0;

static void what_a_request_owns_is_freed_once_whoever_has_it() {
    Service service;
    {
        klingrec::Client client = service.client();
        const unsigned char data[] = {1, 2, 3};
        auto owned = [&] { return klingrec::Request::bytes(data, sizeof data, Owner()); };
        { klingrec::Request unused = owned(); }
        CHECK(Owner::live == 0);
        (void)client.recognize(owned()); /* not an image: refused after the check */
        CHECK(Owner::live == 0);
        klingrec_status status = KLINGREC_OK;
        CHECK(client.submit(owned(), [&](klingrec::Result r) { status = r.status(); }));
        CHECK(Owner::live == 1);
        CHECK(client.poll(-1) == KLINGREC_OK && status == KLINGREC_ERR_IMAGE_FORMAT);
        CHECK(Owner::live == 0);
        CHECK(client.submit(owned(), [](klingrec::Result) {}));
        client.shutdown();
        klingrec::Request refused = owned();
        CHECK(!client.submit(std::move(refused), [](klingrec::Result) {}));
        CHECK(Owner::live == 2); /* the queued one, and the refused one is still ours */
    }
    CHECK(Owner::live == 0);
    std::vector<unsigned char> bytes(100, 7);
    CHECK(klingrec::check(klingrec::Request::bytes(std::move(bytes))) ==
          KLINGREC_ERR_IMAGE_FORMAT);
}

static void every_callable_is_called_once_also_by_the_destructor() {
    Service service;
    unsigned called = 0, canceled = 0;
    {
        klingrec::Client client = service.client();
        for (int i = 0; i < 10; i++)
            CHECK(client.submit(url(), [&](klingrec::Result r) {
                called++;
                canceled += r.status() == KLINGREC_ERR_CANCELED;
            }));
        CHECK(client.pending() == 10);
        while (called < 3)
            CHECK(client.poll(-1) == KLINGREC_OK);
        service.answers = false;
        klingrec::Client moved = std::move(client); /* jobs go along */
        CHECK(!client && moved.pending() == 7);
        /* One more from inside a callable; it is canceled by the destructor. */
        klingrec::Client *inner = &moved;
        CHECK(moved.submit(url(), [&, inner](klingrec::Result) {
            called++;
            CHECK(!inner->submit(url(), [&](klingrec::Result) { called += 100; }));
        }));
        moved.cancel();
    }
    CHECK(called == 11);
    CHECK(canceled >= 3);
}

static void a_future_becomes_ready_inside_poll() {
    Service service;
    klingrec::Client client = service.client();
    std::future<klingrec::Result> future = client.submit(url());
    CHECK(future.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    CHECK(client.poll(-1) == KLINGREC_OK);
    CHECK(future.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
    CHECK(future.get());
    client.shutdown();
    CHECK(client.submit(url()).get().status() == KLINGREC_ERR_CANCELED);
    CHECK(client.poll() == KLINGREC_IDLE);
}

#if defined(__cpp_impl_coroutine)
struct Task {
    struct promise_type {
        Task get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::abort(); }
    };
    std::coroutine_handle<promise_type> handle;
};

static Task ask_twice(klingrec::Client &client, unsigned &good, klingrec_status &last) {
    for (int i = 0; i < 2; i++) {
        klingrec::Result result = co_await client.ask(url());
        good += result ? 1 : 0;
        last = result.status();
    }
}

static void a_coroutine_continues_inside_poll_and_may_be_destroyed() {
    Service service;
    klingrec::Client client = service.client();
    unsigned good = 0;
    klingrec_status last = KLINGREC_PENDING;
    Task task = ask_twice(client, good, last);
    CHECK(good == 0);
    while (!task.handle.done())
        CHECK(client.poll(-1) == KLINGREC_OK);
    CHECK(good == 2 && last == KLINGREC_OK);
    task.handle.destroy();

    service.answers = false;
    Task abandoned = ask_twice(client, good, last);
    CHECK(client.poll() == KLINGREC_PENDING);
    abandoned.handle.destroy(); /* cancels its job */
    CHECK(client.poll(-1) == KLINGREC_OK);
    CHECK(client.poll() == KLINGREC_IDLE && good == 2);

    Task left = ask_twice(client, good, last);
    CHECK(client.poll() == KLINGREC_PENDING);
    klingrec::Client other = std::move(client); /* jobs go along */
    left.handle.destroy();
    CHECK(other.poll() == KLINGREC_OK);
    client = std::move(other);

    client.shutdown();
    Task refused = ask_twice(client, good, last);
    CHECK(refused.handle.done() && last == KLINGREC_ERR_CANCELED);
    refused.handle.destroy();
}
#endif

static void an_explanation_is_a_string() {
    klingrec_image_info info = klingrec_image_info_default();
    const unsigned char data[] = {'G', 'I', 'F', '8'};
    CHECK(klingrec::check(klingrec::Request::bytes(data, sizeof data).header_only(),
                          &info) == KLINGREC_ERR_IMAGE_FORMAT);
    const std::string line = klingrec::explain(info);
    char expected[256];
    CHECK(klingrec_image_explain(&info, nullptr, expected, sizeof expected) == line.size());
    CHECK(line == expected && !line.empty());
}

static void an_empty_view_is_an_empty_text() {
    const std::string_view text = "iVBORw0KGgo=";
    klingrec_image_info info = klingrec_image_info_default();
    for (std::string_view empty : {text.substr(0, 0), std::string_view()}) {
        CHECK(klingrec::check(klingrec::Request::base64(empty), &info) ==
              KLINGREC_ERR_IMAGE_FORMAT);
        CHECK(info.format == KLINGREC_FORMAT_EMPTY);
    }
}

static void a_deadline_is_never_longer_than_it_says() {
    using ms = std::chrono::milliseconds;
    auto set = [](ms limit) { return url().deadline(limit).get().deadline_ms; };
    CHECK(set(ms::min()) == 1 && set(ms(-1)) == 1 && set(ms(0)) == 0 && set(ms(1)) == 1);
    CHECK(set(ms(UINT32_MAX)) == UINT32_MAX);
    CHECK(set(ms(UINT32_MAX) + ms(2)) == UINT32_MAX && set(ms::max()) == UINT32_MAX);
}

#if defined(__cpp_exceptions)
static void an_exception_of_a_callable_leaves_poll() {
    Service service;
    klingrec::Client client = service.client();
    const unsigned char data[] = {1, 2, 3};
    CHECK(client.submit(klingrec::Request::bytes(data, sizeof data, Owner()),
                        [kept = Owner()](klingrec::Result) { throw 17; }));
    int caught = 0;
    try {
        (void)client.poll(-1);
    } catch (int thrown) {
        caught = thrown;
    }
    CHECK(caught == 17 && Owner::live == 0 && client.pending() == 0);
    CHECK(client.recognize(url()));
}
#endif

int main() {
    run("a result is its error and has views of its texts",
        a_result_is_its_error_and_has_views_of_its_texts);
    run("what a request owns is freed once, whoever has it",
        what_a_request_owns_is_freed_once_whoever_has_it);
    run("every callable is called once, also by the destructor",
        every_callable_is_called_once_also_by_the_destructor);
    run("a future becomes ready inside poll()", a_future_becomes_ready_inside_poll);
#if defined(__cpp_impl_coroutine)
    run("a coroutine continues inside poll() and may be destroyed",
        a_coroutine_continues_inside_poll_and_may_be_destroyed);
#endif
    run("an explanation is a string", an_explanation_is_a_string);
    run("an empty view is an empty text", an_empty_view_is_an_empty_text);
    run("a deadline is never longer than it says", a_deadline_is_never_longer_than_it_says);
#if defined(__cpp_exceptions)
    run("an exception of a callable leaves poll()", an_exception_of_a_callable_leaves_poll);
#endif
    std::printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
