-- Notes the time up to which the store has all that it acknowledged, by which
-- gates beside a replica judge how old their copy is.
--
-- KEYS[1]  healthcode:tick:{c}
-- ARGV[1]  time: Unix milliseconds, of before this was sent
-- ARGV[2]  later: an earlier time than the one that is there changes nothing;
--          force: it is written, whatever the clock of the store says
-- RETURNS  {'set', time}; or {'kept', the time that is there}

local AHEAD = 1000              -- ms, for clocks that differ

local time, how = ARGV[1], ARGV[2]

local function refuse(what)
    return redis.error_reply('ERR healthcode tick: ' .. what)
end

if #KEYS ~= 1 or #ARGV ~= 2 or KEYS[1] ~= 'healthcode:tick:{c}' then
    return refuse('the key healthcode:tick:{c} and 2 arguments are needed')
end

if how ~= 'later' and how ~= 'force' then
    return refuse('the second argument is not later or force')
end

local function is_time(text)
    return text and #text <= 15 and string.find(text, '^%d+$')
end

if not is_time(time) then
    return refuse('the time is no Unix milliseconds')
end

local now = redis.call('TIME')
local latest = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
    + AHEAD

if how == 'later' then

    if tonumber(time) > latest then
        return refuse('the time lies more than a second ahead of the clock of '
            .. 'the store; set both clocks')
    end

    -- what lies ahead was never true, so it does not stand in the way
    local old = redis.call('GET', KEYS[1])

    if is_time(old) and tonumber(old) > tonumber(time)
        and tonumber(old) <= latest
    then
        return { 'kept', old }
    end
end

redis.call('SET', KEYS[1], time)

return { 'set', time }
