-- What one writes without this module: codes checked in Lua, as fast as it is
-- sound, as the rival of the benchmarks.  HMAC by OpenSSL over
-- FFI, JSON by cjson, flags by lua-nginx-redis.  One issuer, one key, HS256;
-- no regions, revocations, handshake or masking.  docs/benchmarks.md, "Gate".

local ffi = require "ffi"
local cjson = require "cjson.safe"
local base64 = require "ngx.base64"
local lrucache = require "resty.lrucache"
local redis = require "nginx.redis"

local C = ffi.C
local decode_json = cjson.decode
local decode_base64url = base64.decode_base64url
local exit = ngx.exit
local find = string.find
local sub = string.sub
local time = ngx.time
local tonumber = tonumber
local type = type
local var = ngx.var

ffi.cdef[[
typedef struct evp_md_st   EVP_MD;
typedef struct hmac_ctx_st HMAC_CTX;
const EVP_MD *EVP_sha256(void);
HMAC_CTX *HMAC_CTX_new(void);
int HMAC_Init_ex(HMAC_CTX *ctx, const void *key, int len, const EVP_MD *md, void *engine);
int HMAC_Update(HMAC_CTX *ctx, const unsigned char *data, size_t len);
int HMAC_Final(HMAC_CTX *ctx, unsigned char *md, unsigned int *len);
int CRYPTO_memcmp(const void *a, const void *b, size_t len);
unsigned char *ngx_hex_dump(unsigned char *dst, unsigned char *src, size_t len);
]]

local LEEWAY = 5
local BEARER = 8            -- where the code begins in "Bearer CODE"

local mac = ffi.new("unsigned char[32]")
local hex = ffi.new("unsigned char[64]")
local mac_len = ffi.new("unsigned int[1]")

local iss, kid, max_age, where, signing, naming, verified, dictionary

local _M = {}


local function context(key)
    local ctx = C.HMAC_CTX_new()
    assert(C.HMAC_Init_ex(ctx, key, #key, C.EVP_sha256(), nil) == 1)
    return ctx
end


-- secret, pepper, iss, kid, max_age (s), redis (where), entries
function _M.setup(o)
    iss, kid, max_age, where = o.iss, o.kid, o.max_age, o.redis
    signing = context(o.secret)
    naming = context(o.pepper)
    verified = assert(lrucache.new(o.entries))
    dictionary = ngx.shared.verified
end


-- HMAC-SHA-256 of len bytes at data into mac; the context has its key.
local function hmac(ctx, data, len)
    return C.HMAC_Init_ex(ctx, nil, 0, nil, nil) == 1
        and C.HMAC_Update(ctx, data, len) == 1
        and C.HMAC_Final(ctx, mac, mac_len) == 1
end


local function is_now(iat, exp, now)
    return iat <= now + LEEWAY and now < exp + LEEWAY
        and now - iat <= max_age + LEEWAY
end


-- The claims of an honest code that holds now, else nil.
local function verify(auth, now)
    if not auth or sub(auth, 1, BEARER - 1) ~= "Bearer " then
        return nil
    end

    local first = find(auth, ".", BEARER, true)
    local second = first and find(auth, ".", first + 1, true)

    if not second then
        return nil
    end

    local text = decode_base64url(sub(auth, BEARER, first - 1))
    local header = text and decode_json(text)

    if type(header) ~= "table" or header.alg ~= "HS256"
        or header.kid ~= kid or header.typ ~= "healthcode+jwt"
    then
        return nil
    end

    local signature = decode_base64url(sub(auth, second + 1))

    if not signature or #signature ~= 32
        or not hmac(signing, ffi.cast("const unsigned char *", auth)
                             + (BEARER - 1), second - BEARER)
        or C.CRYPTO_memcmp(signature, mac, 32) ~= 0
    then
        return nil
    end

    text = decode_base64url(sub(auth, first + 1, second - 1))
    local claims = text and decode_json(text)

    if type(claims) ~= "table" then
        return nil
    end

    local iat, exp = claims.iat, claims.exp

    if claims.iss ~= iss or claims.status ~= "normal"
        or type(claims.sub) ~= "string"
        or type(iat) ~= "number" or type(exp) ~= "number"
        or exp - iat > max_age or not is_now(iat, exp, now)
    then
        return nil
    end

    return claims
end


-- The Redis key of a holder's flags.
local function key_of(subject)
    local text = "national\0" .. subject

    if not hmac(naming, text, #text) then
        return nil
    end

    C.ngx_hex_dump(hex, mac, 16)
    local holder = ffi.string(hex, 32)
    return "healthcode:risk:{" .. holder:sub(1, 2) .. "}:" .. holder
end


-- Lets the request through if the holder has no flag now.
local function look_up(key, now)
    local store = redis:new()
    store:set_timeout(5000)

    if not key or not store:connect(where) then
        return exit(503)
    end

    local flags = store:hgetall(key)

    if type(flags) ~= "table" then
        return exit(503)
    end

    store:set_keepalive(60000, 256)

    for i = 2, #flags, 2 do
        local till = tonumber(flags[i])

        if not till or till == 0 or till > now then
            return exit(403)
        end
    end
end


function _M.check()
    if not verify(var.http_authorization, time()) then
        return exit(401)
    end
end


function _M.check_and_look_up()
    local now = time()
    local claims = verify(var.http_authorization, now)

    if not claims then
        return exit(401)
    end

    return look_up(key_of(claims.sub), now)
end


-- A verified code is remembered by all of its bytes, with its times, so that
-- it still expires, and with the key of its holder.
local function cached(auth, now)
    local entry = auth and verified:get(auth)

    if entry then
        return is_now(entry.iat, entry.exp, now) and entry or nil
    end

    local claims = verify(auth, now)

    if not claims then
        return nil
    end

    entry = { iat = claims.iat, exp = claims.exp, key = key_of(claims.sub) }
    verified:set(auth, entry)
    return entry
end


function _M.check_cached()
    if not cached(var.http_authorization, time()) then
        return exit(401)
    end
end


function _M.check_cached_and_look_up()
    local now = time()
    local entry = cached(var.http_authorization, now)

    if not entry then
        return exit(401)
    end

    return look_up(entry.key, now)
end


-- The same in shared memory, to see which is faster.
function _M.check_shared()
    local auth, now = var.http_authorization, time()
    local exp = auth and dictionary:get(auth)

    if not exp then
        local claims = verify(auth, now)

        if not claims then
            return exit(401)
        end

        exp = claims.exp
        dictionary:set(auth, exp, exp - now)
    end

    if now >= exp + LEEWAY then
        return exit(401)
    end
end

return _M
