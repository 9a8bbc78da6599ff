/* SPDX-License-Identifier: MIT */
/*
 * klingrec.hpp - klingrec for C++17 and later, over klingrec.h
 *
 * Header only; it needs neither exceptions nor RTTI. Result, Request and Client are
 * move-only and own what they refer to. No failure throws, except that operator new may: a
 * Result is also the error.
 *
 *   klingrec::Config config;
 *   config.api_key = key;
 *   klingrec::Client client(config);
 *   if (!client)
 *       std::puts(client.error().c_str());
 *   klingrec::Result result = client.recognize(klingrec::Request::file("hero.png"));
 *   if (result && result.contains(KLINGREC_KIND_FACE)) ...
 *
 * The rules of klingrec.h hold. A function without a comment does what the C function of
 * the same name does. No exception may leave a hook, a reader, a transport or the
 * destructor of what a request owns: C calls them.
 */
#ifndef KLINGREC_HPP
#define KLINGREC_HPP

#include <klingrec/klingrec.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if defined(__cpp_impl_coroutine)
#  include <coroutine>
#endif
namespace klingrec {

namespace detail {
inline std::string_view view(const char *text) {
    return text != nullptr ? std::string_view(text) : std::string_view();
}
} // namespace detail

/* ---- Region ----------------------------------------------------------------- */

/* A copy of klingrec_region. The texts belong to the result. */
struct Region {
    std::string_view name; /* as the service spells it: "face_seg" */
    std::string_view url;  /* of the cut-out; empty if none was sent */
    std::uint32_t kind = KLINGREC_KIND_OTHER;
    bool contained = false;
};

namespace detail {
inline Region copy(const klingrec_region &r) {
    return {view(r.name), view(r.url), r.kind, r.contained != 0};
}
} // namespace detail

/* The regions of a result, for range-based for. It must not outlive the result. */
class Regions {
public:
    struct iterator {
        const klingrec_result *result;
        std::size_t index;
        Region operator*() const {
            return detail::copy(*klingrec_result_region(result, index));
        }
        iterator &operator++() { return ++index, *this; }
        bool operator!=(const iterator &other) const { return index != other.index; }
    };
    explicit Regions(const klingrec_result *result) : result_(result) {}
    iterator begin() const { return {result_, 0}; }
    iterator end() const { return {result_, size()}; }
    std::size_t size() const { return klingrec_result_region_count(result_); }
    Region operator[](std::size_t index) const { return *iterator{result_, index}; }

private:
    const klingrec_result *result_;
};

/* ---- Result ----------------------------------------------------------------- */

/*
 * A result, or only a status where there is none: a call that was refused, a poll that
 * found nothing. True if the job succeeded; PENDING and IDLE are false.
 */
class Result {
    using text = std::string_view;
    using ms = std::chrono::milliseconds;

public:
    explicit Result(klingrec_status status = KLINGREC_IDLE) : status_(status) {}
    /* Takes ownership. */
    explicit Result(klingrec_result *r)
        : owned_(r), status_(klingrec_result_status(r)) {}

    explicit operator bool() const { return status_ == KLINGREC_OK; }
    klingrec_status status() const { return status_; }
    text message() const {
        return owned_ ? klingrec_result_message(get())
                      : klingrec_status_string(status_);
    }
    klingrec_job job() const { return klingrec_result_job(get()); }
    bool contains(std::uint32_t kinds) const {
        return klingrec_result_contains(get(), kinds);
    }
    Regions regions() const { return Regions(get()); }
    /* Sets *region and returns true if the service reported that kind. */
    bool find(std::uint32_t kind, Region *region) const {
        const klingrec_region *found = klingrec_result_find(get(), kind);
        if (found != nullptr)
            *region = detail::copy(*found);
        return found != nullptr;
    }
    /* NULL if nothing was checked. */
    const klingrec_image_info *image() const { return klingrec_result_image(get()); }
    text request_id() const { return detail::view(klingrec_result_request_id(get())); }
    text units() const { return detail::view(klingrec_result_units(get())); }
    text code_text() const { return detail::view(klingrec_result_code_text(get())); }
    text service_message() const {
        return detail::view(klingrec_result_service_message(get()));
    }
    text body() const {
        std::size_t len = 0;
        const char *data = klingrec_result_body(get(), &len);
        return text(data, len);
    }
    int http_status() const { return klingrec_result_http_status(get()); }
    int service_code() const { return klingrec_result_service_code(get()); }
    std::uint32_t attempts() const { return klingrec_result_attempts(get()); }
    ms elapsed(std::uint32_t phase = KLINGREC_PHASE_ALL) const {
        return ms(klingrec_result_elapsed_ms(get(), phase));
    }
    ms retry_after() const { return ms(klingrec_result_retry_after_ms(get())); }
    klingrec_delivery delivery() const { return klingrec_result_delivery(get()); }
    klingrec_finality finality() const { return klingrec_result_finality(get()); }

    const klingrec_result *get() const { return owned_.get(); }

private:
    struct Free {
        void operator()(klingrec_result *result) const { klingrec_result_free(result); }
    };
    std::unique_ptr<klingrec_result, Free> owned_;
    klingrec_status status_;
};

/* ---- Request ---------------------------------------------------------------- */

/* An image. Pointers and views are copied by submit() and only read by recognize(). */
class Request {
public:
    static Request bytes(const void *data, std::size_t len) {
        return Request(klingrec_request_bytes(data, len));
    }
    /* Without a copy: owner keeps data alive until the library has used it. It is moved,
       and data must stay in place: a vector or a unique_ptr does that, a string or an
       array does not. */
    template <class Owner>
    static Request bytes(const void *data, std::size_t len, Owner owner) {
        Request request(klingrec_request_bytes(data, len));
        request.owner_ = {new Owner(std::move(owner)),
                          [](void *kept) { delete static_cast<Owner *>(kept); }};
        return request;
    }
    static Request bytes(std::vector<unsigned char> data) {
        const void *start =
            data.data(); /* moving a vector keeps its elements in place */
        const std::size_t len = data.size();
        return bytes(start, len, std::move(data));
    }
    static Request file(const char *path) {
        return Request(klingrec_request_file(path));
    }
    static Request url(const char *url) { return Request(klingrec_request_url(url)); }
    static Request base64(std::string_view text) {
        /* C takes length 0 for text up to a NUL, which need not follow an empty view. */
        return Request(
            klingrec_request_base64(text.empty() ? "" : text.data(), text.size()));
    }
    static Request reader(const klingrec_reader &reader) {
        return Request(klingrec_request_reader(&reader));
    }

    /* All attempts and waits together. 0 is the client's limit; what is negative has
       passed, and counts as 1 ms. */
    Request &&deadline(std::chrono::milliseconds limit) && {
        const auto ms = limit.count();
        raw_.deadline_ms = ms < 0            ? 1
                           : ms > UINT32_MAX ? UINT32_MAX
                                             : static_cast<std::uint32_t>(ms);
        return std::move(*this);
    }
    /* Check the header only, not whether the image is complete. */
    Request &&header_only() && {
        raw_.flags |= KLINGREC_REQUEST_HEADER_ONLY;
        return std::move(*this);
    }
    const klingrec_request &get() const { return raw_; }

private:
    friend class Client;
    explicit Request(const klingrec_request &raw) : raw_(raw) {}
    klingrec_request lend(void *user_data) const {
        klingrec_request raw = raw_;
        raw.user_data = user_data;
        raw.release = owner_ ? owner_.get_deleter() : nullptr;
        raw.release_user = owner_.get();
        return raw;
    }
    klingrec_request raw_;
    std::unique_ptr<void, void (*)(void *)> owner_{nullptr, nullptr};
};

/* As klingrec_check(). */
inline klingrec_status check(const Request &request,
                             klingrec_image_info *info = nullptr,
                             const klingrec_limits *limits = nullptr) {
    return klingrec_check(&request.get(), limits, info);
}

/* klingrec_image_explain() as a string. */
inline std::string explain(const klingrec_image_info &info,
                           const klingrec_limits *limits = nullptr) {
    std::string line(klingrec_image_explain(&info, limits, nullptr, 0) + 1, '\0');
    line.resize(klingrec_image_explain(&info, limits, &line[0], line.size()));
    return line;
}

/* ---- Client ----------------------------------------------------------------- */

/* Set the fields of klingrec_config. */
struct Config : klingrec_config {
    Config() : klingrec_config(klingrec_config_default()) {}
};

/* What submit() did. True if the job was queued. */
struct Submitted {
    klingrec_status status;
    klingrec_job job;
    explicit operator bool() const { return status == KLINGREC_OK; }
};

/*
 * Every job of submit() ends in exactly one call of its callable, from poll(), wait() or
 * the destructor, on the thread that is in it. The destructor cancels what is left. An
 * exception of a callable leaves poll() or wait(), which may be called again; in the
 * destructor it ends the program. Take results only with this class: do not call
 * klingrec_poll() or klingrec_submit() with get().
 */
class Client {
public:
    explicit Client(const klingrec_config &config) {
        char why[256] = "";
        klingrec_client *client = nullptr;
        if (klingrec_client_new(&config, why, sizeof why, &client) < 0)
            error_ = why;
        client_.reset(client);
    }
    explicit operator bool() const { return client_ != nullptr; }
    /* Why there is no client, as one line; it never shows the key. */
    const std::string &error() const { return error_; }

    Result recognize(Request request) {
        klingrec_result *result = nullptr;
        const klingrec_request raw = request.lend(nullptr);
        klingrec_status status = klingrec_recognize(get(), &raw, &result);
        (void)request.owner_.release(); /* the library has called release */
        return result != nullptr ? Result(result) : Result(status);
    }

    /* done: any movable callable that takes a Result. It may submit again. If the job is
       not queued, done is not called, and request keeps what it owns. */
    template <class Done> Submitted submit(Request &&request, Done done) {
        return submit_node(request, new Callable<Done>(std::move(done)));
    }
    /* Becomes ready inside poll() or wait(); at once if the job is not queued. */
    std::future<Result> submit(Request request) {
        std::promise<Result> promise, refused;
        std::future<Result> future = promise.get_future();
        auto done = [p = std::move(promise)](Result r) mutable {
            p.set_value(std::move(r));
        };
        Submitted s = submit(std::move(request), std::move(done));
        if (!s) {
            future = refused.get_future();
            refused.set_value(Result(s.status));
        }
        return future;
    }

    /* Take one result and call its callable. Returns OK, PENDING, IDLE or an error. */
    klingrec_status poll(int ms = 0) { return take(get(), klingrec_poll, ms); }
    klingrec_status wait(int ms = -1) { return take(get(), klingrec_wait, ms); }
    klingrec_status cancel(klingrec_job job = 0) { return klingrec_cancel(get(), job); }
    klingrec_status shutdown() { return klingrec_shutdown(get()); }
    std::size_t pending() const { return klingrec_pending(get()); }
    klingrec_client *get() const { return client_.get(); }

#if defined(__cpp_impl_coroutine)
    class Awaitable;
    /* co_await client.ask(request): resumed inside poll() or wait(). Destroying the
       waiting coroutine cancels the job. Await, destroy and poll on one thread. */
    Awaitable ask(Request request);
#endif

private:
    struct Node {
        virtual void done(Result &&result) = 0;
        virtual ~Node() = default;
    };
    template <class Done> struct Callable final : Node {
        explicit Callable(Done &&f) : done_(std::move(f)) {}
        void done(Result &&result) override { done_(std::move(result)); }
        Done done_;
    };

    Submitted submit_node(Request &request, Node *node) {
        Submitted s = {KLINGREC_OK, 0};
        const klingrec_request raw = request.lend(node);
        s.status = klingrec_submit(get(), &raw, &s.job);
        if (s)
            (void)request.owner_.release(); /* the library has it now */
        else
            delete node;
        return s;
    }
    template <class Call>
    static klingrec_status take(klingrec_client *client, Call call, int timeout_ms) {
        klingrec_result *result = nullptr;
        klingrec_status status = call(client, timeout_ms, &result);
        if (status == KLINGREC_OK) {
            std::unique_ptr<Node> node(
                static_cast<Node *>(klingrec_result_user_data(result)));
            node->done(Result(result));
        }
        return status;
    }
    struct Close {
        void operator()(klingrec_client *client) const {
            (void)klingrec_shutdown(client); /* callables can submit nothing more */
            (void)klingrec_cancel(client, 0);
            while (take(client, klingrec_poll, -1) == KLINGREC_OK) {
            }
            klingrec_client_free(client);
        }
    };
    std::unique_ptr<klingrec_client, Close> client_;
    std::string error_;
};

#if defined(__cpp_impl_coroutine)
class Client::Awaitable {
public:
    Awaitable(Client &client, Request &&request)
        : client_(client), request_(std::move(request)) {}
    Awaitable(const Awaitable &) = delete;
    ~Awaitable() {
        if (node_ == nullptr)
            return;
        node_->waiting = nullptr;
        (void)klingrec_cancel(raw_, job_);
    }
    bool await_ready() const { return false; }
    /* Continues at once if the job is not queued. */
    bool await_suspend(std::coroutine_handle<> handle) {
        handle_ = handle;
        raw_ = client_.get(); /* client_ may be moved meanwhile */
        node_ = new Link(this);
        Submitted s = client_.submit_node(request_, node_);
        job_ = s.job;
        if (s)
            return true;
        node_ = nullptr;
        result_ = Result(s.status);
        return false;
    }
    Result await_resume() { return std::move(result_); }

private:
    struct Link final : Node {
        explicit Link(Awaitable *a) : waiting(a) {}
        void done(Result &&result) override {
            Awaitable *a = std::exchange(waiting, nullptr);
            if (a == nullptr)
                return;
            a->node_ = nullptr;
            a->result_ = std::move(result);
            a->handle_.resume();
        }
        Awaitable *waiting;
    };
    Client &client_;
    klingrec_client *raw_ = nullptr;
    Request request_;
    Result result_;
    Link *node_ = nullptr;
    klingrec_job job_ = 0;
    std::coroutine_handle<> handle_;
};

inline Client::Awaitable Client::ask(Request request) {
    return Awaitable(*this, std::move(request));
}
#endif

} // namespace klingrec

#endif /* KLINGREC_HPP */
