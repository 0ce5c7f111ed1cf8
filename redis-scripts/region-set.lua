-- Sets the level of one region.
--
-- KEYS[1]  healthcode:region:{r}
-- ARGV[1]  division code: 2, 4 or 6 digits
-- ARGV[2]  level: low, medium or high
-- ARGV[3]  until: Unix seconds after now, or 0 for "until cleared"
-- RETURNS  the value that was there, or an empty string

local code, level, till = ARGV[1], ARGV[2], ARGV[3]

local function refuse(what)
    return redis.error_reply('ERR healthcode region-set: ' .. what)
end

if #KEYS ~= 1 or #ARGV ~= 3 or KEYS[1] ~= 'healthcode:region:{r}' then
    return refuse('the key healthcode:region:{r} and 3 arguments are needed')
end

if not string.find(code, '^%d+$')
    or not (#code == 2 or #code == 4 or #code == 6)
then
    return refuse('the code has not 2, 4 or 6 digits')
end

if level ~= 'low' and level ~= 'medium' and level ~= 'high' then
    return refuse('the level is not low, medium or high')
end

if #till > 12 or not (till == '0' or string.find(till, '^[1-9]%d*$')) then
    return refuse('until is neither Unix seconds nor 0')
end

if till ~= '0' and tonumber(till) <= tonumber(redis.call('TIME')[1]) then
    return refuse('until lies in the past by the clock of the store')
end

local old = redis.call('HGET', KEYS[1], code)

redis.call('HSET', KEYS[1], code, level .. ' ' .. till)

return old or ''
