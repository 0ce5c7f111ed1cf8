-- Notes that the flags of one source are up to date.
--
-- KEYS[1]  healthcode:data:{c}
-- ARGV[1]  source: a lower-case letter, then those, digits, - and _; at most 32
-- ARGV[2]  time: Unix seconds, not after now; or now, by the clock of the store
-- ARGV[3]  later: a time before the one that is there changes nothing; force:
--          it is written
-- RETURNS  {'set', time}; or {'kept', the time that is there}

local SOURCES_MAX = 16          -- of one store; gates read no more
local AHEAD = 60                -- s, for clocks that differ

local source, time, how = ARGV[1], ARGV[2], ARGV[3]

local function refuse(what)
    return redis.error_reply('ERR healthcode data-set: ' .. what)
end

if #KEYS ~= 1 or #ARGV ~= 3 or KEYS[1] ~= 'healthcode:data:{c}' then
    return refuse('the key healthcode:data:{c} and 3 arguments are needed')
end

if #source > 32 or not string.find(source, '^%l[%l%d_-]*$') then
    return refuse('the source is not a name of at most 32 letters and digits')
end

if how ~= 'later' and how ~= 'force' then
    return refuse('the third argument is not later or force')
end

local function is_time(text)
    return text and #text <= 12 and string.find(text, '^[1-9]%d*$')
end

local now = redis.call('TIME')[1]

if time == 'now' then
    time = now
end

if not is_time(time) then
    return refuse('the time is neither Unix seconds nor now')
end

local latest = tonumber(now) + AHEAD

if tonumber(time) > latest then
    return refuse('the time lies in the future by the clock of the store')
end

local old = redis.call('HGET', KEYS[1], source)

if not old and #redis.call('HVALS', KEYS[1]) >= SOURCES_MAX then
    return refuse('there are 16 sources; take one out that is gone')
end

-- what lies in the future was never true, so it does not stand in the way
if how == 'later' and is_time(old) and tonumber(old) > tonumber(time)
    and tonumber(old) <= latest
then
    return { 'kept', old }
end

redis.call('HSET', KEYS[1], source, time)

return { 'set', time }
