-- Sets one flag on one holder, or revokes codes of the holder: the field, its
-- audit entry and the expiry of both keys in one step.
--
-- KEYS[1]  healthcode:risk:{xx}:HOLDER, xx the first two digits of HOLDER
-- KEYS[2]  healthcode:audit:{xx}:HOLDER; a bulk load may leave it out, with
--          ARGV[3] and ARGV[4]: then no entry is written
-- ARGV[1]  flag: a lower-case letter, then those, digits, - and _; at most 32;
--          or code: and 32 hexadecimal digits, by which one code is revoked;
--          or before, by which older codes are refused
-- ARGV[2]  until: Unix seconds after now, or 0 for "until cleared"; of before:
--          Unix seconds, not after now
-- ARGV[3]  by: who; at most 256 bytes, no control characters
-- ARGV[4]  reason: likewise
-- RETURNS  1: the flag is new; 0: it was there, and has this until now

local FLAGS_MAX = 64            -- of one holder; gates read no more
local MARGIN = 31622400         -- s that the key outlives its last flag: 366
                                -- days, since the clock of a server may jump
local AUDIT_MAX = '1000'        -- entries, about
local AUDIT_LIFE = '15552000'   -- s after the last entry: 180 days

local call, find = redis.call, string.find
local risk, audit = KEYS[1], KEYS[2]
local flag, till, by, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local function refuse(what)
    return redis.error_reply('ERR healthcode flag-set: ' .. what)
end

if #KEYS < 1 or #KEYS > 2 or #ARGV ~= 2 * #KEYS then
    return refuse('2 keys and 4 arguments are needed')
end

if #risk ~= 53 or not find(risk, '^healthcode:risk:{%x%x}:[0-9a-f]+$')
    or string.sub(risk, 18, 19) ~= string.sub(risk, 22, 23)
    or audit and audit ~= 'healthcode:audit:' .. string.sub(risk, 17)
then
    return refuse('the keys are not those of one holder')
end

local is_before = flag == 'before'

if (#flag > 32 or not find(flag, '^[a-z][a-z0-9_-]*$'))
    and not (#flag == 37 and find(flag, '^code:[0-9a-f]+$'))
then
    return refuse('the flag is no flag name')
end

if #till > 12 or not find(till, '^[1-9]%d*$') and till ~= '0' then
    return refuse('until is neither Unix seconds nor 0')
end

if audit
    and (#by > 256 or #reason > 256 or find(by, '%c') or find(reason, '%c'))
then
    return refuse('by or reason is too long or has control characters')
end

-- Times stay strings of digits, which sort by length first: a million numbers
-- read and written again would cost as much as the writes themselves.
local function later(a, b)
    return #a > #b or #a == #b and a > b
end

if is_before then
    -- a minute, for clocks that differ
    if till == '0' or tonumber(till) > tonumber(call('TIME')[1]) + 60 then
        return refuse('before is 0, or lies in the future by the clock of '
            .. 'the store')
    end

elseif till ~= '0' and not later(till, call('TIME')[1]) then
    return refuse('until lies in the past by the clock of the store')
end

-- When the key may go: the latest end of its flags; never, while one has no
-- end, or one that cannot be read.
local old = call('HGETALL', risk)
local known, latest = false, till

for i = 1, #old, 2 do
    local value = old[i + 1]

    if old[i] == flag then
        known = true
    elseif latest ~= '0' then
        if #value > 12 or not find(value, '^[1-9]%d*$') then
            latest = '0'
        elseif later(value, latest) then
            latest = value
        end
    end
end

-- Only if the hash is full: expired flags make room, those that expired first
-- before the others, and no more of them than needed.  The time of a before is
-- past, and yet it is in force.
local excess = known and 0 or #old / 2 + 1 - FLAGS_MAX
local over = {}

if excess > 0 then
    local now = call('TIME')[1]

    for i = 1, #old, 2 do
        local value = old[i + 1]

        if old[i] ~= 'before' and #value <= 12 and find(value, '^[1-9]%d*$')
            and not later(value, now)
        then
            over[#over + 1] = { value, old[i] }
        end
    end

    if #over < excess then
        return refuse('the holder has ' .. FLAGS_MAX .. ' flags already; '
            .. 'a revoked code counts as one')
    end

    table.sort(over, function(a, b) return later(b[1], a[1]) end)
end

-- The flag before the rest: an error further down must leave it set.
call('HSET', risk, flag, till)

for i = 1, excess do
    call('HDEL', risk, over[i][2])
end

if latest ~= '0' then
    call('EXPIREAT', risk, string.format('%.0f', latest + MARGIN))
elseif #old > 0 then
    call('PERSIST', risk)
end

if audit then
    call('XADD', audit, 'MAXLEN', '~', AUDIT_MAX, '*', 'action', 'set',
        'flag', flag, 'until', till, 'by', by, 'reason', reason)
    call('EXPIRE', audit, AUDIT_LIFE)
end

return known and 0 or 1
