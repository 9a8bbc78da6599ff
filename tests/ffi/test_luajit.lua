-- SPDX-License-Identifier: MIT
-- klingrec.ffi.h as LuaJIT reads it: a check and a request to the stand-in.
-- test_luajit.lua FFI_HEADER LIBRARY ENDPOINT IMAGE
local ffi = require("ffi")
local header, library, endpoint, image = arg[1], arg[2], arg[3], arg[4]

local file = assert(io.open(header))
ffi.cdef(file:read("*a"))
file:close()
local lib = ffi.load(library)

local function sized(name)
    local value = ffi.new("klingrec_" .. name)
    assert(lib["klingrec_" .. name .. "_init"](value, ffi.sizeof(value)) == 0, name)
    assert(value.size == ffi.sizeof(value), name)
    return value
end

for _, name in ipairs({"config", "request", "reader", "limits", "image_info", "batch",
                       "stats", "transport"}) do
    local id = lib["KLINGREC_STRUCT_" .. name:upper()]
    assert(lib.klingrec_struct_size(id) == ffi.sizeof("klingrec_" .. name), name)
    sized(name)
end
assert(ffi.string(lib.klingrec_version_string()):match("^klingrec/"))
assert(ffi.cast("size_t", lib.KLINGREC_BODY_FAILED) == ffi.cast("size_t", -1))

local request = ffi.new("klingrec_request")
assert(lib.klingrec_request_init_file(request, ffi.sizeof(request), image) == 0)
local info = sized("image_info")
assert(lib.klingrec_check(request, nil, info) == lib.KLINGREC_OK)
assert(info.format == lib.KLINGREC_FORMAT_PNG and info.width >= 300)

local config = sized("config")
config.api_key = "standin-key"
config.endpoint = endpoint
local client, result = ffi.new("klingrec_client *[1]"), ffi.new("klingrec_result *[1]")
assert(lib.klingrec_client_new(config, nil, 0, client) == lib.KLINGREC_OK)
local status = lib.klingrec_recognize(client[0], request, result)
assert(status == lib.KLINGREC_OK, ffi.string(lib.klingrec_result_message(result[0])))
assert(lib.klingrec_result_contains(result[0], lib.KLINGREC_KIND_FACE))
lib.klingrec_result_free(result[0])
lib.klingrec_client_free(client[0])
print("1 passed, 0 failed")
