-- Clears one flag of one holder, or one revocation: the field, its audit entry
-- and the expiry of both keys in one step.
--
-- KEYS[1]  healthcode:risk:{xx}:HOLDER, xx the first two digits of HOLDER
-- KEYS[2]  healthcode:audit:{xx}:HOLDER; while a slot of a cluster is on its way
--          it may be left out, with ARGV[2] and ARGV[3]: then no entry is written
-- ARGV[1]  flag, as it stands in the hash
-- ARGV[2]  by: who; at most 256 bytes, no control characters
-- ARGV[3]  reason: likewise
-- RETURNS  1: the flag is cleared; 0: it was not set, and nothing is changed

local MARGIN = 31622400         -- s that the key outlives its last flag: 366
                                -- days, since the clock of a server may jump
local AUDIT_MAX = 1000          -- entries, about
local AUDIT_LIFE = 15552000     -- s after the last entry: 180 days

local risk, audit = KEYS[1], KEYS[2]
local flag, by, reason = ARGV[1], ARGV[2], ARGV[3]

local function refuse(what)
    return redis.error_reply('ERR healthcode flag-clear: ' .. what)
end

if #KEYS < 1 or #KEYS > 2 or #ARGV ~= 2 * #KEYS - 1 then
    return refuse('2 keys and 3 arguments are needed')
end

if #risk ~= 53 or not string.find(risk, '^healthcode:risk:{%x%x}:[0-9a-f]+$')
    or string.sub(risk, 18, 19) ~= string.sub(risk, 22, 23)
    or audit and audit ~= 'healthcode:audit:' .. string.sub(risk, 17)
then
    return refuse('the keys are not those of one holder')
end

if audit
    and (#by > 256 or #reason > 256 or string.find(by .. reason, '%c'))
then
    return refuse('by or reason is too long or has control characters')
end

-- What is left decides when the key may go: at the latest end; never, while
-- one flag has no end, or one that cannot be read.  The time of a before counts
-- as an end: by the margin no code that old is accepted any more.  It is read
-- before the key goes: of a slot that is on its way, nothing may be asked of a
-- key that is not there.
local all = redis.call('HGETALL', risk)
local till
local latest, has_end = 0, true

for i = 1, #all, 2 do
    local value = all[i + 1]

    if all[i] == flag then
        till = value
    elseif #value > 12 or not string.find(value, '^[1-9]%d*$') then
        has_end = false
    else
        latest = math.max(latest, tonumber(value))
    end
end

if not till then
    return 0
end

-- The audit entry first: an error here must leave the flag set.
if audit then
    redis.call('XADD', audit, 'MAXLEN', '~', AUDIT_MAX, '*', 'action', 'clear',
        'flag', flag, 'until', till, 'by', by, 'reason', reason)
    redis.call('EXPIRE', audit, AUDIT_LIFE)
end

redis.call('HDEL', risk, flag)

if not has_end then
    redis.call('PERSIST', risk)
elseif latest > 0 then
    redis.call('EXPIREAT', risk, string.format('%.0f', latest + MARGIN))
end

return 1
