-- Sets one control: an issuer suspended, a key revoked, older codes refused; or
-- that an issuer is known.  Whoever is suspended or called back is known then.
--
-- KEYS[1]  healthcode:control:{c}
-- ARGV[1]  issuer:ISS, key:THUMBPRINT, before:ISS or known:ISS
-- ARGV[2]  of issuer: and key: until, Unix seconds after now, or 0 for "until
--          resumed"; of before: and known: Unix seconds, not after now
-- RETURNS  the value that was there, or an empty string

local field, value = ARGV[1], ARGV[2]

local function refuse(what)
    return redis.error_reply('ERR healthcode control-set: ' .. what)
end

if #KEYS ~= 1 or #ARGV ~= 2 or KEYS[1] ~= 'healthcode:control:{c}' then
    return refuse('the key healthcode:control:{c} and 2 arguments are needed')
end

local kind, name = string.match(field, '^(%l+):(.+)$')

local is_past = kind == 'before' or kind == 'known'

if kind ~= 'issuer' and kind ~= 'key' and not is_past then
    return refuse('the field is not issuer:, key:, before: or known: and a '
        .. 'name')
end

if kind == 'key'
    and not (#name == 43 and string.find(name, '^[%w_-]+$'))
then
    return refuse('the thumbprint has not 43 characters of base64url')
end

if #value > 12 or not (value == '0' or string.find(value, '^[1-9]%d*$')) then
    return refuse('the value is no Unix seconds')
end

local seconds = tonumber(value)
local now = tonumber(redis.call('TIME')[1])

if is_past then
    if seconds == 0 then
        return refuse(kind .. ' 0 says nothing; clear it instead')
    end

    -- a minute, for clocks that differ
    if seconds > now + 60 then
        return refuse(kind .. ' lies in the future by the clock of the store')
    end

elseif seconds ~= 0 and seconds <= now then
    return refuse('until lies in the past by the clock of the store')
end

local old = redis.call('HGET', KEYS[1], field)

redis.call('HSET', KEYS[1], field, value)

if kind == 'issuer' or kind == 'before' then
    redis.call('HSET', KEYS[1], 'known:' .. name, string.format('%.0f', now))
end

return old or ''
