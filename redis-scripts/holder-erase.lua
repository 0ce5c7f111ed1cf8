-- Erases what is kept of one holder beside halls: flags that are over, and the
-- history, unless something that is in force stays.
--
-- KEYS[1]  healthcode:risk:{xx}:HOLDER, xx the first two digits of HOLDER
-- KEYS[2]  healthcode:audit:{xx}:HOLDER
-- ARGV[1]  keep or all: whether what is in force stays: flags, revoked codes, a
--          before; with it stays its history
-- RETURNS  {fields that were erased, fields that stay, audit entries that were
--          erased, audit entries that stay}

local call, find = redis.call, string.find
local risk, audit, what = KEYS[1], KEYS[2], ARGV[1]

local function refuse(text)
    return redis.error_reply('ERR healthcode holder-erase: ' .. text)
end

if #KEYS ~= 2 or #ARGV ~= 1 then
    return refuse('2 keys and 1 argument are needed')
end

if #risk ~= 53 or not find(risk, '^healthcode:risk:{%x%x}:[0-9a-f]+$')
    or string.sub(risk, 18, 19) ~= string.sub(risk, 22, 23)
    or audit ~= 'healthcode:audit:' .. string.sub(risk, 17)
then
    return refuse('the keys are not those of one holder')
end

if what ~= 'keep' and what ~= 'all' then
    return refuse('what to erase is not keep or all')
end

-- What cannot be read is in force, and so is a before, whose time is past.
local function is_over(field, till, now)
    return field ~= 'before' and #till <= 12 and find(till, '^[1-9]%d*$')
        and tonumber(till) <= now
end

-- Read first: an error must leave all as it is.  Gates take a key of another
-- type for a flag.
local now = tonumber(call('TIME')[1])
local entries = call('XLEN', audit)
local fields = redis.pcall('HGETALL', risk)
local erased, stay = 0, 0

if fields.err then

    if not find(fields.err, 'WRONGTYPE', 1, true) then
        return fields
    end

    fields = { 'of another type', '0' }
end

for i = 1, #fields, 2 do
    if what == 'all' then
        erased = erased + 1
    elseif is_over(fields[i], fields[i + 1], now) then
        erased = erased + call('HDEL', risk, fields[i])
    else
        stay = stay + 1
    end
end

if stay > 0 then
    return { erased, stay, 0, entries }
end

call('DEL', risk, audit)

return { erased, 0, entries, 0 }
