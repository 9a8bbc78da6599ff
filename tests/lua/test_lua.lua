-- SPDX-License-Identifier: MIT
--[[ Test the module klingrec for LuaJIT; run by tests/ffi/with_standin.py.

test_lua.lua LUAJIT MODULE HEADER LIBRARY [NAMEPART]
]]
local ffi = require("ffi")
local luajit, module, header, library, name_part = unpack(arg)
local endpoint, image, small = os.getenv("ENDPOINT"), os.getenv("IMAGE"), os.getenv("SMALL")
local SOON = 60000 -- ms; only what hangs takes so long

-- The module in a folder with its header and library, as it is installed.
local function sh(command, ...)
    assert(os.execute(command:format(...)) == 0, command)
end
sh("mkdir klingrec && ln -s '%s' klingrec/init.lua && ln -s '%s' klingrec && " ..
   "ln -s '%s' klingrec/libklingrec.so", module, header, library)
package.path = "./?/init.lua"
local klingrec = require("klingrec")

local tests = {}
local function test(name, run)
    tests[#tests + 1] = {name = name, run = run}
end

local function equal(got, want)
    if got ~= want then
        error(("got %s, want %s"):format(tostring(got), tostring(want)), 2)
    end
end

-- The error of a call that must fail with a status.
local function fails(status, result, err)
    equal(result, nil)
    equal(err.name, "KLINGREC_" .. status)
    return err
end

-- The text of an error that Lua must raise.
local function raises(text, ...)
    local ok, said = pcall(...)
    assert(not ok and said:find(text, 1, true), said)
end

local function read(path)
    local file = assert(io.open(path, "rb"))
    local data = file:read("*a")
    file:close()
    return data
end

local function client(answer, options)
    options = options or {}
    options.api_key = options.api_key or "standin-key"
    options.endpoint = endpoint .. (answer and "?standin-answer=" .. answer or "")
    return assert(klingrec.client(options))
end

-- All jobs until none is left.
local function take_all(from)
    local ended = {}
    while true do
        local job, status = from:wait(SOON)
        if not job then
            equal(status, klingrec.IDLE)
            return ended
        end
        ended[#ended + 1] = job
    end
end

local function threads()
    local listed = io.popen("ls /proc/" .. ffi.C.getpid() .. "/task | wc -l")
    local count = listed:read("*n")
    listed:close()
    return count
end

ffi.cdef([[
int getpid(void);
int poll(struct { int fd; short events, revents; } *fds, unsigned long n, int timeout_ms);
int usleep(unsigned us);
]])

-- ---- The library and its header ----------------------------------------------

test("constants have their names in C, and others are errors", function()
    equal(klingrec.KIND_HEAD, 1)
    equal(klingrec.ERR_TLS, -403)
    assert(klingrec.ENDPOINT_KLING:match("^https://"))
    raises("KLINGREC_KIND_TAIL", function() return klingrec.KIND_TAIL end)
    equal(klingrec.no_such_function, nil)
    assert(klingrec.version():match("^klingrec/%d"))
end)

test("a library that does not fit is refused", function()
    local source = "#include <stddef.h>\n#include <stdint.h>\n" ..
        'const char *klingrec_version_string(void) { return "klingrec/0"; }\n' ..
        "uint32_t klingrec_version(void) { return %d; }\n" ..
        "size_t klingrec_struct_size(uint32_t id) { return %d; }\n"
    for i, values in ipairs({{klingrec.VERSION_NUMBER - 1, 4096},
                             {klingrec.VERSION_NUMBER, 8}}) do
        local file = io.open("other.c", "w")
        file:write(source:format(unpack(values)))
        file:close()
        sh("cc -shared -fPIC other.c -o other%d.so", i)
        raises("klingrec/0 is older than klingrec.ffi.h", loadfile(module),
               {header = header, library = "./other" .. i .. ".so"})
    end
end)

test("the module can be loaded twice, and from a chunk", function()
    local again = assert(loadfile(module))({header = header, library = library})
    equal(again.check(image).width, 400)
end)

-- ---- The check ---------------------------------------------------------------

test("an image can be given in every way", function()
    local data = read(image)
    local pipe = io.popen("base64 -w0 '" .. image .. "'")
    local text = pipe:read("*a")
    pipe:close()
    for _, given in ipairs({image, klingrec.file(image), klingrec.bytes(data),
                            klingrec.base64(text),
                            klingrec.base64("data:image/png;base64," .. text)}) do
        local info = assert(klingrec.check(given))
        equal(info.format, klingrec.FORMAT_PNG)
        equal(info.height, 500)
        equal(info.message, ("PNG, 400 x 500 pixels, %d bytes: acceptable"):format(#data))
    end
    assert(klingrec.check(klingrec.url("https://example.org/a.png")))
    raises("an image must be a string", klingrec.check, 17)
    raises("an image must be a string", klingrec.bytes, nil)
end)

test("an image that breaks a rule has a message with the numbers", function()
    local err = fails("ERR_IMAGE_SIDE", klingrec.check(small))
    equal(tostring(err), "PNG, 256 x 256 pixels: each side must be at least 300")
    equal(err.image.broken_rules, klingrec.RULE_SIDE)
    equal(err.delivery, klingrec.DELIVERY_NOT_SENT)
    assert(klingrec.check(small, {min_side = 256}))
    err = fails("ERR_IMAGE_SIDE", klingrec.check(small, {min_side = 257}))
    assert(err.message:find("at least 257"), err.message)
    local cut = klingrec.bytes(read(image):sub(1, -20))
    fails("ERR_IMAGE_DAMAGED", klingrec.check(cut))
    assert(klingrec.check(cut, nil, {header_only = true}))
    fails("ERR_FILE", klingrec.check("missing.png"))
    fails("ERR_IMAGE_FORMAT", klingrec.check(klingrec.bytes("")))
end)

-- ---- Requests ----------------------------------------------------------------

test("a recognized image has a result", function()
    local asking = client()
    local result = assert(asking:recognize(image))
    assert(result:contains(klingrec.KIND_HEAD + klingrec.KIND_FACE))
    assert(not result:contains(klingrec.KIND_OTHER))
    equal(#result.regions, 4)
    equal(result:find(klingrec.KIND_CLOTH), result.regions[3])
    equal(result.regions[3].name, "cloth_seg")
    equal(result.status, klingrec.OK)
    equal(result.delivery, klingrec.DELIVERY_ANSWERED)
    equal(result.finality, klingrec.FINALITY_FINAL)
    equal(result.http_status, 200)
    equal(result.attempts, 1)
    equal(result.image.width, 400)
    assert(result.request_id and result.body:find('"face_seg"'), result.body)
    assert(result.elapsed_ms[klingrec.PHASE_ALL] >= result.elapsed_ms[klingrec.PHASE_WAIT])
    equal(asking:stats().succeeded, 1)
    asking:close()

    asking = client("ok-head-only")
    result = assert(asking:recognize(klingrec.bytes(read(image))))
    equal(result:find(klingrec.KIND_FACE), nil)
    assert(not result:contains(klingrec.KIND_FACE))
    asking:close()
end)

test("a job that fails has an error with its result", function()
    local asking = client(nil, {limits = {min_side = 401}})
    local err = fails("ERR_IMAGE_SIDE", asking:recognize(image))
    assert(err.message:find("at least 401") and err.image.message:find("401"), err.message)
    equal(err.result.attempts, 0)
    asking = client(nil, {api_key = "another"})
    err = fails("ERR_AUTH", asking:recognize(image))
    equal(err.result.http_status, 401)
    equal(err.delivery, klingrec.DELIVERY_ANSWERED)
    assert(not err.message:find("another"))
    asking = client("drop")
    equal(fails("ERR_TRANSFER", asking:recognize(image)).delivery, klingrec.DELIVERY_UNSURE)
    asking = client("hang")
    fails("ERR_TIMEOUT", asking:recognize(image, {deadline_ms = 50}))
end)

test("options that are wrong are refused", function()
    local err = fails("ERR_ARGUMENT", klingrec.client({api_key = ""}))
    assert(err.message:match("^api_key"), err.message)
    err = fails("ERR_ARGUMENT", klingrec.client({api_key = "k", ca_pem = "none"}))
    assert(err.message:match("^ca_pem"), err.message)
    fails("ERR_ARGUMENT", klingrec.client({api_key = "k", endpoint = "http://example.org/"}))
    assert(klingrec.client({api_key = "k", endpoint = "http://example.org/",
                            insecure_http = true}))
    raises("api_key has a NUL", klingrec.client, {api_key = "a\0b"})
    raises("max_attempts cannot be -1", klingrec.client, {api_key = "k", max_attempts = -1})
    raises("max_attempts cannot be 1.5", klingrec.client, {api_key = "k", max_attempts = 1.5})
    raises("deadline_ms cannot be", klingrec.client, {api_key = "k", deadline_ms = 2 ^ 32})
    raises("max_attempts cannot be 4294967297ULL", klingrec.client,
           {api_key = "k", max_attempts = 4294967297ULL})
    assert(klingrec.client({api_key = "k", max_attempts = 2ULL}))
    raises("key", klingrec.client, {api_key = "k", key = "k"})
    raises("must not call Lua", klingrec.client, {api_key = "k", wakeup = print})
    raises("deadline", client().submit, client(), image, {deadline = 1})
end)

test("more jobs than the queue takes", function()
    for _, run in ipairs({klingrec.RUN_THREAD, klingrec.RUN_CALLER}) do
        local asking, submitted, ended = client(nil, {run = run}), 0, 0
        local function end_one(job)
            assert(job.result, job.error)
            assert(job.result:contains(klingrec.KIND_FACE))
            ended = ended + 1
        end
        while submitted < 200 do
            local job, err = asking:submit(submitted % 2 == 0 and image or
                                           klingrec.bytes(read(image)))
            if job then
                submitted = submitted + 1
            else
                fails("ERR_QUEUE_FULL", job, err)
                end_one(asking:wait(SOON))
            end
        end
        for _, job in ipairs(take_all(asking)) do
            end_one(job)
        end
        equal(ended, 200)
        equal(asking:stats().succeeded, 200)
        asking:close()
    end
end)

-- Other descriptors come and go while a connection is opened.
local function sockets()
    local listed = io.popen("ls -l /proc/" .. ffi.C.getpid() .. "/fd | grep -c socket:")
    local count = listed:read("*n")
    listed:close()
    return count
end

test("a connection can be opened before there is a job", function()
    local asking = client()
    local before = sockets()
    asking:warm_up()
    local tries = 0
    while sockets() <= before do
        tries = tries + 1
        assert(tries < SOON / 10, "no connection was opened")
        ffi.C.usleep(10000)
    end
    equal(asking:stats().attempts, 0)
    assert(asking:recognize(image))
    asking:close()
    asking:warm_up()
end)

test("an event loop waits for the descriptor", function()
    local asking = client("ok:delay=50")
    local fd = assert(asking:fd())
    local set = ffi.new("struct { int fd; short events, revents; }[1]", {{fd, 1, 0}})
    equal(ffi.C.poll(ffi.cast("void *", set), 1, 0), 0)
    equal(select(2, asking:poll()), klingrec.IDLE)
    local job = assert(asking:submit(image))
    equal(select(2, asking:poll()), klingrec.PENDING)
    equal(asking:pending(), 1)
    equal(ffi.C.poll(ffi.cast("void *", set), 1, SOON), 1)
    equal(asking:poll(), job)
    assert(job.result:contains(klingrec.KIND_FACE))
    equal(ffi.C.poll(ffi.cast("void *", set), 1, 0), 0)
    fails("ERR_ARGUMENT", client(nil, {run = klingrec.RUN_CALLER}):fd())
end)

-- ---- Cancel and close --------------------------------------------------------

test("a job can be canceled", function()
    local asking = client("hang", {max_in_flight = 1})
    local jobs = {}
    for i = 1, 60 do
        jobs[i] = assert(asking:submit(image))
    end
    jobs[30]:cancel()
    local ended = asking:wait(SOON)
    equal(ended, jobs[30])
    fails("ERR_CANCELED", ended.result, ended.error)
    jobs[30]:cancel() -- has ended
    jobs[1]:cancel()  -- is sent, or about to be
    equal(asking:wait(SOON), jobs[1])
    equal(asking:pending(), 58)
    asking:close()
end)

test("canceling what waits loses no answer", function()
    local asking = client("ok:delay=300", {max_in_flight = 2})
    for _ = 1, 60 do
        assert(asking:submit(image))
    end
    while asking:stats().attempts < 2 do
        ffi.C.usleep(10000)
    end
    asking:cancel_waiting()
    local answers = 0
    for _, job in ipairs(take_all(asking)) do
        if job.result then
            answers = answers + 1
        else
            fails("ERR_CANCELED", nil, job.error)
        end
    end
    -- More than two if this program was not run for 300 ms.
    assert(answers >= 2 and answers < 60 and answers == asking:stats().answered, answers)
end)

test("a client is closed with jobs pending", function()
    collectgarbage()
    local before = threads()
    local asking, jobs = client("hang"), {}
    for i = 1, 60 do
        jobs[i] = assert(asking:submit(klingrec.bytes(read(image))))
    end
    assert(threads() > before)
    asking:close()
    asking:close()
    equal(threads(), before)
    for _, job in ipairs(jobs) do
        fails("ERR_CANCELED", job.result, job.error)
        job:cancel()
    end
    fails("ERR_ARGUMENT", asking:submit(image))
    fails("ERR_ARGUMENT", asking:recognize(image))
    fails("ERR_ARGUMENT", asking:stats())
    fails("ERR_ARGUMENT", asking:fd())
    equal(select(2, asking:poll()), klingrec.ERR_ARGUMENT)
    equal(asking:pending(), 0)
end)

-- ---- The garbage collector ---------------------------------------------------

test("a client without a user is closed", function()
    collectgarbage()
    local before = threads()
    for _ = 1, 20 do
        local asking = client("hang")
        for _ = 1, 10 do
            assert(asking:submit(klingrec.bytes(read(image))))
        end
    end
    collectgarbage()
    collectgarbage()
    equal(threads(), before)
end)

test("images and options live for as long as the library reads them", function()
    local data, waste = read(image), {}
    local asking = client("ok:delay=20")
    for i = 1, 300 do
        -- Bytes after the image change no answer, but make each a string of its own.
        local job, err = asking:submit(klingrec.bytes(data:sub(1, -1) .. i))
        if not job then
            fails("ERR_QUEUE_FULL", job, err)
            for _, ended in ipairs(take_all(asking)) do
                assert(ended.result, ended.error)
            end
        end
        collectgarbage()
        for k = 1, 20 do -- takes the memory of strings that were freed
            waste[k] = ("x"):rep(#data - 10) .. i .. k
        end
    end
    for _, ended in ipairs(take_all(asking)) do
        assert(ended.result, ended.error)
    end
    asking:close()
    collectgarbage("setpause", 1)
    for _ = 1, 20 do
        local one = assert(klingrec.client({
            api_key = "standin-" .. "key", endpoint = endpoint .. "?" .. _,
            limits = {min_side = 300 + _ % 2}}))
        assert(one:recognize(klingrec.bytes(data .. _), {deadline_ms = 60000 + _}))
    end
    collectgarbage("setpause", 200)
end)

-- ---- The end of the program --------------------------------------------------

-- Run a program; it must end with a code, and print nothing but "done".
local function program(text, code)
    local file = assert(io.open("program.lua", "w"))
    file:write('package.path = "./?/init.lua"\nlocal klingrec = require("klingrec")\n',
               "local image, client = os.getenv('IMAGE'), klingrec.client({api_key = ",
               "'standin-key', endpoint = os.getenv('ENDPOINT')..'?standin-answer=hang'})\n",
               "for i = 1, 60 do assert(client:submit(image)) end\n",
               "print('done')\n", text)
    file:close()
    local pipe = io.popen("timeout 60 '" .. luajit .. "' program.lua 2>/dev/null; echo $?")
    local said = pipe:read("*a")
    pipe:close()
    equal(said, "done\n" .. (code or 0) .. "\n")
end

test("a program ends with jobs pending", function()
    program("")
    program("os.exit(3)", 3)
    program("os.exit(3, true)", 3)
    program("client = nil")
    program("keep = client")
    program("client:close()")
    program("error()", 1)
end)

local passed, failed = 0, 0
for _, case in ipairs(tests) do
    if not name_part or case.name:find(name_part, 1, true) then
        local ok, said = xpcall(case.run, debug.traceback)
        passed, failed = passed + (ok and 1 or 0), failed + (ok and 0 or 1)
        print((ok and "ok " or "FAILED ") .. case.name .. (ok and "" or "\n" .. tostring(said)))
    end
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed > 0 and 0 or 1)
