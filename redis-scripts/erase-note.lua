-- Notes that somebody was erased, and by whom, and not who it was.
--
-- KEYS[1]  healthcode:audit:{c}:erased
-- ARGV[1]  by: who; at most 256 bytes, no control characters
-- ARGV[2]  reason: likewise
-- ARGV[3]  in how many halls, ARGV[4] how many fields of flags, ARGV[5] how many
--          audit entries: digits
-- RETURNS  1

local AUDIT_MAX = 1000          -- entries, about
local AUDIT_LIFE = 15552000     -- s after the last entry: 180 days

local find = string.find

local function refuse(what)
    return redis.error_reply('ERR healthcode erase-note: ' .. what)
end

if #KEYS ~= 1 or #ARGV ~= 5 or KEYS[1] ~= 'healthcode:audit:{c}:erased' then
    return refuse('healthcode:audit:{c}:erased and 5 arguments are needed')
end

if #ARGV[1] > 256 or #ARGV[2] > 256 or find(ARGV[1] .. ARGV[2], '%c') then
    return refuse('by or reason is too long or has control characters')
end

for i = 3, 5 do
    if not find(ARGV[i], '^%d+$') then
        return refuse('how many were erased is not digits')
    end
end

redis.call('XADD', KEYS[1], 'MAXLEN', '~', AUDIT_MAX, '*', 'action', 'erase',
    'by', ARGV[1], 'reason', ARGV[2], 'halls', ARGV[3], 'flags', ARGV[4],
    'entries', ARGV[5])
redis.call('EXPIRE', KEYS[1], AUDIT_LIFE)

return 1
