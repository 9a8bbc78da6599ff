--[[
klingrec - ask the Kling "image-recognize" service what an image contains, from LuaJIT

    local klingrec = require("klingrec")
    local client = assert(klingrec.client({api_key = key}))
    local result, err = client:recognize("hero.png")
    if not result then
        print(err)
    elseif result:contains(klingrec.KIND_HEAD + klingrec.KIND_FACE) then
        print("good enough for an avatar")
    end

A call that fails returns nil and an error: a table with status, name, message, delivery,
image and result; tostring() gives the message. Arguments of a wrong type raise an error.
klingrec.h describes each value and limit; the constants have their names in C without
KLINGREC_. docs/lua.md has more.

SPDX-License-Identifier: MIT
]]
local bit = require("bit")
local ffi = require("ffi")

-- ---- The library and its header ---------------------------------------------

-- Both are in the folder of this file; another place of the library is what the system's
-- loader knows. A host that reads Lua files from an archive calls this file's chunk with
-- {header = PATH, library = PATH}.
local given = ...
if type(given) ~= "table" then
    given = {}
end
local folder = debug.getinfo(1, "S").source:match("^@(.*[/\\])") or ""

local function exists(path)
    local file = io.open(path, "rb")
    return file and file:close()
end

local function library_path()
    local names = {Windows = "klingrec.dll", OSX = "libklingrec.dylib"}
    local beside = folder .. (names[ffi.os] or "libklingrec.so")
    return exists(beside) and beside or "klingrec"
end

local file = assert(io.open(given.header or folder .. "klingrec.ffi.h"))
local header = file:read("*a")
file:close()
if not pcall(ffi.typeof, "klingrec_config") then -- another module may have declared it
    ffi.cdef(header)
end
local lib = ffi.load(given.library or library_path())

-- The integer constants with a prefix: {name in lower case, value} each.
local function constants(prefix)
    local found = {}
    for name, value in header:gmatch("KLINGREC_" .. prefix .. "_([%u_]+) = (%d+)") do
        found[#found + 1] = {name = name:lower(), value = tonumber(value)}
    end
    return found
end

local fits = lib.klingrec_version() >= lib.KLINGREC_VERSION_NUMBER
for _, struct in ipairs(constants("STRUCT")) do
    fits = fits and lib.klingrec_struct_size(struct.value) >=
        ffi.sizeof("klingrec_" .. struct.name)
end
if not fits then
    error(ffi.string(lib.klingrec_version_string()) .. " is older than klingrec.ffi.h")
end

-- KLINGREC_KIND_FACE is klingrec.KIND_FACE, and so on.
local klingrec = setmetatable({}, {
    __index = function(_, name)
        return tostring(name):match("^%u") and lib["KLINGREC_" .. name] or nil
    end,
})
for name, text in header:gmatch('/%* KLINGREC_([%w_]+) = "(.-)" %*/') do
    klingrec[name] = text
end

local function fields_of(name)
    local fields = {}
    local block = header:match("struct klingrec_" .. name .. " {(.-)}")
    for field in block:gmatch("([%w_]+);") do
        fields[#fields + 1] = field
    end
    return fields
end
local INFO_FIELDS, STATS_FIELDS = fields_of("image_info"), fields_of("stats")
local PHASES, FLAGS = constants("PHASE"), {
    config = constants("CLIENT"),
    request = constants("REQUEST"),
}

-- ---- From and to C ----------------------------------------------------------

local function text_of(pointer)
    return pointer ~= nil and ffi.string(pointer) or nil
end

local function numbers_of(struct, fields)
    local numbers = {}
    for _, name in ipairs(fields) do
        numbers[name] = tonumber(struct[name])
    end
    numbers.size = nil
    return numbers
end

-- A struct with its size and fields set. Its strings belong to `values`, which the caller
-- keeps. A flag is a value of its own, such as retry_unsure = true. What C would cut off or
-- take for something else is an error.
local function new(name, values)
    local struct, flags = ffi.new("klingrec_" .. name), {}
    assert(lib["klingrec_" .. name .. "_init"](struct, ffi.sizeof(struct)) == lib.KLINGREC_OK)
    for _, flag in ipairs(FLAGS[name] or {}) do
        flags[flag.name] = flag.value
    end
    for field, value in pairs(values or {}) do
        if flags[field] then
            struct.flags = struct.flags + (value and flags[field] or 0)
        elseif type(value) == "string" and value:find("\0", 1, true) then
            error(field .. " has a NUL in it", 0)
        elseif type(value) == "function" then
            error(field .. ": the library's thread must not call Lua", 0)
        else
            struct[field] = value
            local number = type(value) ~= "string" and tonumber(value) -- of a cdata too
            if number and tonumber(struct[field]) ~= number then
                error(field .. " cannot be " .. tostring(value), 0)
            end
        end
    end
    return struct
end

-- Called after the last use of a pointer to what Lua would free.
local function keep() end

local Error = {__tostring = function(err) return err.message end}

local function to_error(status, message, image, result)
    return setmetatable({
        status = status,
        name = ffi.string(lib.klingrec_status_name(status)),
        message = message or ffi.string(lib.klingrec_status_string(status)),
        delivery = result and result.delivery or klingrec.DELIVERY_NOT_SENT,
        image = image,
        result = result,
    }, Error)
end

local function image_of(info, limits)
    local image = numbers_of(info, INFO_FIELDS)
    local length = lib.klingrec_image_explain(info, limits, nil, 0)
    local line = ffi.new("char[?]", length + 1)
    lib.klingrec_image_explain(info, limits, line, length + 1)
    image.message = ffi.string(line)
    return image
end

local Result = {}
Result.__index = Result

-- Whether the service reported each of kinds as contained.
function Result:contains(kinds)
    return kinds ~= 0 and bit.band(self.contained, kinds) == kinds
end

-- The region of one kind; nil if the service did not report that kind.
function Result:find(kind)
    for _, region in ipairs(self.regions) do
        if kind ~= 0 and region.kind == kind then
            return region
        end
    end
    return nil
end

local function regions_of(result)
    local regions, contained = {}, 0
    for i = 1, tonumber(lib.klingrec_result_region_count(result)) do
        local region = lib.klingrec_result_region(result, i - 1)
        if lib.klingrec_result_contains(result, region.kind) then
            contained = bit.bor(contained, region.kind)
        end
        regions[i] = {name = ffi.string(region.name), url = text_of(region.url),
                      kind = region.kind, contained = region.contained ~= 0}
    end
    return regions, contained
end

-- A copy of a result, which is freed, also if memory ends meanwhile.
local function take_result(pointer, limits)
    local result = ffi.gc(pointer, lib.klingrec_result_free)
    local info, length = lib.klingrec_result_image(result), ffi.new("size_t[1]")
    local body = lib.klingrec_result_body(result, length)
    local regions, contained = regions_of(result)
    local taken = setmetatable({
        status = tonumber(lib.klingrec_result_status(result)),
        message = ffi.string(lib.klingrec_result_message(result)),
        contained = contained,
        regions = regions,
        image = info ~= nil and image_of(info, limits) or nil,
        delivery = tonumber(lib.klingrec_result_delivery(result)),
        finality = tonumber(lib.klingrec_result_finality(result)),
        request_id = text_of(lib.klingrec_result_request_id(result)),
        units = text_of(lib.klingrec_result_units(result)),
        http_status = lib.klingrec_result_http_status(result),
        service_code = lib.klingrec_result_service_code(result),
        code_text = text_of(lib.klingrec_result_code_text(result)),
        service_message = text_of(lib.klingrec_result_service_message(result)),
        attempts = lib.klingrec_result_attempts(result),
        elapsed_ms = {},
        retry_after_ms = lib.klingrec_result_retry_after_ms(result),
        body = body ~= nil and ffi.string(body, length[0]) or "",
    }, Result)
    for _, phase in ipairs(PHASES) do
        taken.elapsed_ms[phase.value] = lib.klingrec_result_elapsed_ms(result, phase.value)
    end
    lib.klingrec_result_free(ffi.gc(result, nil))
    if taken.status < 0 then
        return nil, to_error(taken.status, taken.message, taken.image, taken)
    end
    return taken
end

-- ---- Images -----------------------------------------------------------------

local Source = {}

local function source(from)
    return function(data)
        assert(type(data) == "string", "an image must be a string")
        return setmetatable({from = from, data = data}, Source)
    end
end
klingrec.file = source(klingrec.FROM_FILE)     -- a path; a plain string is one too
klingrec.bytes = source(klingrec.FROM_BYTES)   -- a whole JPEG or PNG file
klingrec.url = source(klingrec.FROM_URL)       -- fetched by the service; not checked
klingrec.base64 = source(klingrec.FROM_BASE64) -- also with "data:...;base64," before it

-- The request, and the string that must be kept for as long as it is used.
local function to_request(image, options)
    local from = getmetatable(image) == Source and image or klingrec.file(image)
    local request = new("request", options)
    request.from, request.data, request.len = from.from, from.data, #from.data
    return request, from.data
end

-- What the check of an image finds, without a client. Nothing is sent.
function klingrec.check(image, limits, options)
    local request, data = to_request(image, options)
    local rules, info = limits and new("limits", limits), new("image_info")
    local status = tonumber(lib.klingrec_check(request, rules, info))
    keep(data)
    local found = image_of(info, rules)
    if status < 0 then
        return nil, to_error(status, found.message ~= "" and found.message or nil, found)
    end
    return found
end

function klingrec.version()
    return ffi.string(lib.klingrec_version_string())
end

-- ---- Clients ----------------------------------------------------------------

-- With a release function the library does not copy images. A client keeps them, so there
-- is nothing to release: this does nothing for NULL.
local NOTHING_TO_RELEASE = ffi.cast("void (*)(void *)", lib.klingrec_result_free)

local Client = {}
Client.__index = Client

local Job = {}
Job.__index = Job

-- options: the fields of klingrec_config and its flags, such as retry_unsure = true.
function klingrec.client(options)
    local values = {run = klingrec.RUN_THREAD}
    for name, value in pairs(options) do
        values[name] = value
    end
    values.limits = values.limits and new("limits", values.limits)
    local out, why = ffi.new("klingrec_client *[1]"), ffi.new("char[256]")
    local status = lib.klingrec_client_new(new("config", values), why, ffi.sizeof(why), out)
    keep(values)
    if out[0] == nil then
        return nil, to_error(tonumber(status), ffi.string(why))
    end
    -- Lua may free the strings of a client that nothing uses before it calls the
    -- finalizer, unless that has them.
    local images = {}
    local handle = ffi.gc(out[0], function(handle)
        lib.klingrec_client_free(handle)
        keep(images)
    end)
    return setmetatable({_handle = handle, _limits = values.limits, _images = images,
                         _jobs = {}, _key = 0}, Client)
end

-- Check an image, send it, and wait for the result.
function Client:recognize(image, options)
    local request, data = to_request(image, options)
    local out = ffi.new("klingrec_result *[1]")
    local status = lib.klingrec_recognize(self._handle, request, out)
    keep(data)
    if out[0] == nil then
        return nil, to_error(tonumber(status))
    end
    return take_result(out[0], self._limits)
end

-- Queue an image, and return its job at once.
function Client:submit(image, options)
    local request, data = to_request(image, options)
    local key, job = self._key + 1, setmetatable({_client = self}, Job)
    job._number = ffi.new("klingrec_job[1]")
    request.release = NOTHING_TO_RELEASE
    request.user_data = ffi.cast("void *", key)
    self._key, self._images[key], self._jobs[key] = key, data, job
    local status = tonumber(lib.klingrec_submit(self._handle, request, job._number))
    if status < 0 then
        self._images[key], self._jobs[key] = nil, nil
        return nil, to_error(status)
    end
    return job
end

-- A job that has ended: it has a result or an error now. Else nil and PENDING, IDLE or an
-- error's number. timeout_ms: how long to wait; -1 waits for a job.
local function take(self, timeout_ms)
    local out = ffi.new("klingrec_result *[1]")
    local status = tonumber(lib.klingrec_poll(self._handle, timeout_ms, out))
    if status ~= lib.KLINGREC_OK then
        return nil, status
    end
    local key = tonumber(ffi.cast("uintptr_t", lib.klingrec_result_user_data(out[0])))
    local job = self._jobs[key]
    self._images[key], self._jobs[key] = nil, nil
    job.result, job.error = take_result(out[0], self._limits)
    return job
end

function Client:poll()
    return take(self, 0)
end

function Client:wait(timeout_ms)
    return take(self, timeout_ms or -1)
end

-- A descriptor that is readable while poll() has a job, for event loops. Do not read it.
function Client:fd()
    local fd = ffi.new("intptr_t[1]")
    local status = lib.klingrec_client_fd(self._handle, fd)
    if status < 0 then
        return nil, to_error(tonumber(status))
    end
    return tonumber(fd[0])
end

-- The number of jobs that poll() and wait() have not returned.
function Client:pending()
    return tonumber(lib.klingrec_pending(self._handle))
end

-- What the client has done since it was made: the fields of klingrec_stats.
function Client:stats()
    local stats = new("stats")
    local status = lib.klingrec_client_stats(self._handle, stats)
    if status < 0 then
        return nil, to_error(tonumber(status))
    end
    return numbers_of(stats, STATS_FIELDS)
end

-- Open a connection while nothing waits for it, as during the loading of a level.
function Client:warm_up()
    lib.klingrec_warm_up(self._handle)
end

-- Cancel the jobs that have no attempt running, and begin no further attempt for the
-- others: answers that are billed are not lost.
function Client:cancel_waiting()
    lib.klingrec_cancel_waiting(self._handle)
end

-- Cancel the job. poll() still returns it, with ERR_CANCELED or the end that came before.
function Job:cancel()
    lib.klingrec_cancel(self._client._handle, self._number[0])
end

-- Cancel all jobs, which end with ERR_CANCELED, and free the client.
function Client:close()
    lib.klingrec_cancel(self._handle, 0)
    while self:wait() do end
    if self._handle ~= nil then
        lib.klingrec_client_free(ffi.gc(self._handle, nil))
        self._handle = nil
    end
end

return klingrec
