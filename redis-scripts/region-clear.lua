-- Clears the level of one region.
--
-- KEYS[1]  healthcode:region:{r}
-- ARGV[1]  division code, as it stands in the hash
-- RETURNS  the value that was there, or an empty string

if #KEYS ~= 1 or #ARGV ~= 1 or KEYS[1] ~= 'healthcode:region:{r}' then
    return redis.error_reply('ERR healthcode region-clear: '
        .. 'the key healthcode:region:{r} and 1 argument are needed')
end

local old = redis.call('HGET', KEYS[1], ARGV[1])

redis.call('HDEL', KEYS[1], ARGV[1])

return old or ''
