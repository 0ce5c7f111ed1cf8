-- Notes that a flag was set, or is cleared, by itself: while a slot of a cluster
-- is on its way the flag and its audit entry may be on two nodes, and no script
-- has both.
--
-- KEYS[1]  healthcode:audit:{xx}:HOLDER, xx the first two digits of HOLDER
-- ARGV[1]  set or clear
-- ARGV[2]  flag, as it stands in the hash
-- ARGV[3]  until, as it stands in the hash
-- ARGV[4]  by: who; at most 256 bytes, no control characters
-- ARGV[5]  reason: likewise
-- RETURNS  1

local AUDIT_MAX = 1000          -- entries, about
local AUDIT_LIFE = 15552000     -- s after the last entry: 180 days

local audit = KEYS[1]
local action, by, reason = ARGV[1], ARGV[4], ARGV[5]

local function refuse(what)
    return redis.error_reply('ERR healthcode audit-note: ' .. what)
end

if #KEYS ~= 1 or #ARGV ~= 5 then
    return refuse('1 key and 5 arguments are needed')
end

if #audit ~= 54 or not string.find(audit, '^healthcode:audit:{%x%x}:[0-9a-f]+$')
    or string.sub(audit, 19, 20) ~= string.sub(audit, 23, 24)
then
    return refuse('the key is not that of a holder')
end

if action ~= 'set' and action ~= 'clear' then
    return refuse('the action is not set or clear')
end

if #by > 256 or #reason > 256 or string.find(by .. reason, '%c') then
    return refuse('by or reason is too long or has control characters')
end

redis.call('XADD', audit, 'MAXLEN', '~', AUDIT_MAX, '*', 'action', action,
    'flag', ARGV[2], 'until', ARGV[3], 'by', by, 'reason', reason)
redis.call('EXPIRE', audit, AUDIT_LIFE)

return 1
