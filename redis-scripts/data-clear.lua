-- Takes out a source that feeds the store no more.
--
-- KEYS[1]  healthcode:data:{c}
-- ARGV[1]  source, as it stands in the hash
-- RETURNS  the time that was there, or an empty string

if #KEYS ~= 1 or #ARGV ~= 1 or KEYS[1] ~= 'healthcode:data:{c}' then
    return redis.error_reply('ERR healthcode data-clear: '
        .. 'the key healthcode:data:{c} and 1 argument are needed')
end

local old = redis.call('HGET', KEYS[1], ARGV[1])

redis.call('HDEL', KEYS[1], ARGV[1])

return old or ''
