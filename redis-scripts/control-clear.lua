-- Clears one control.
--
-- KEYS[1]  healthcode:control:{c}
-- ARGV[1]  issuer:ISS, key:THUMBPRINT, before:ISS or known:ISS
-- RETURNS  the value that was there, or an empty string

if #KEYS ~= 1 or #ARGV ~= 1 or KEYS[1] ~= 'healthcode:control:{c}' then
    return redis.error_reply('ERR healthcode control-clear: '
        .. 'the key healthcode:control:{c} and 1 argument are needed')
end

local old = redis.call('HGET', KEYS[1], ARGV[1])

redis.call('HDEL', KEYS[1], ARGV[1])

return old or ''
