-- While a store is migrated from schema 1: takes over what its keys hold, of
-- two values the later one, or makes them equal to those of schema 2.
--
-- KEYS     pairs of a key of schema 1 and that of schema 2 in its place:
--          healthcode:risk:{HOLDER}     healthcode:risk:{xx}:HOLDER
--          healthcode:audit:{HOLDER}    healthcode:audit:{xx}:HOLDER
--          healthcode:region            healthcode:region:{r}
--          healthcode:control           healthcode:control:{c}
--          healthcode:data              healthcode:data:{c}
--          healthcode:audit:erased      healthcode:audit:{c}:erased
-- ARGV[1]  merge: values of schema 1 are taken over; mirror: the keys of schema
--          1 get what those of schema 2 hold
-- ARGV[2]  of region, control and data: the fields, one or more; no others are
--          touched
-- RETURNS  how many values were taken over, or keys written; -1: the store has
--          no proof of schema 1, healthcode:meta, and nothing is changed

local MARGIN = 31622400         -- s that the key outlives its last flag: 366
                                -- days, since the clock of a server may jump
local AUDIT_LIFE = 15552000     -- s after the last entry: 180 days
local MANY = 1000               -- fields of a holder; gates read 65 of them

local call, find = redis.call, string.find
local what = ARGV[1]

local function refuse(text)
    return redis.error_reply('ERR healthcode migrate: ' .. text)
end

local PLACES = {
    ['healthcode:region'] = 'healthcode:region:{r}',
    ['healthcode:control'] = 'healthcode:control:{c}',
    ['healthcode:data'] = 'healthcode:data:{c}',
    ['healthcode:audit:erased'] = 'healthcode:audit:{c}:erased',
}

-- What is in the place of a key of schema 1.
local function place_of(key)
    local kind, holder = string.match(key, '^healthcode:(%l+):{([0-9a-f]+)}$')

    if (kind == 'risk' or kind == 'audit') and #holder == 32 then
        return 'healthcode:' .. kind .. ':{' .. string.sub(holder, 1, 2) .. '}:'
            .. holder, kind
    end

    return PLACES[key], key == 'healthcode:audit:erased' and 'audit' or 'fields'
end

if #KEYS < 2 or #KEYS % 2 ~= 0 or (what ~= 'merge' and what ~= 'mirror') then
    return refuse('pairs of keys are needed, and merge or mirror')
end

for i = 1, #KEYS, 2 do
    local place, kind = place_of(KEYS[i])

    if not place or KEYS[i + 1] ~= place then
        return refuse('the keys are not those of one thing')
    end

    if (kind == 'fields') ~= (#ARGV > 1) then
        return refuse('fields are of regions, controls and sources')
    end
end

if call('HGET', 'healthcode:meta', 'schema') ~= '1' then
    return -1
end

local function type_of(key)
    return call('TYPE', key).ok
end


-- ---- which of two values is later ----

local LEVELS = { low = 1, medium = 2, high = 3 }
local NEVER, UNREADABLE = 10 ^ 12, 10 ^ 13

-- When a value is over: 0 is never, and what cannot be read counts as set.  Of
-- two that are over at once, the higher level.
local function rank(value)
    local level, till = string.match(value, '^(%l+) (%d+)$')
    till = till or value

    if #till > 12 or not find(till, '^%d+$') or (level and not LEVELS[level])
    then
        return UNREADABLE, 0
    end

    return tonumber(till) > 0 and tonumber(till) or NEVER, LEVELS[level] or 0
end

local function is_later(a, b)
    local till, level = rank(a)
    local other, its = rank(b)
    return till > other or till == other and level > its
end

-- Whether the field of the first key was taken over.
local function takes_over(from, to, field, value)
    local there = call('HGET', to, field)

    if there and not is_later(value, there) then
        return 0
    end

    call('HSET', to, field, value)
    return 1
end


-- ---- flags ----

-- As after flag-clear.lua.
local function set_expiry(key)
    local latest = 0

    for _, value in ipairs(call('HVALS', key)) do
        local till = rank(value)

        if till >= NEVER then
            call('PERSIST', key)
            return
        end

        latest = math.max(latest, till)
    end

    call('EXPIREAT', key, string.format('%.0f', latest + MARGIN))
end

-- A key of another type, or with more fields than gates read, is a flag by
-- itself: it is taken over whole.
local function merge_risk(from, to)
    local kind, there = type_of(from), type_of(to)

    if kind == 'none' or (there ~= 'hash' and there ~= 'none') then
        return 0
    end

    local fields, n = kind == 'hash' and call('HGETALL', from) or {}, 0

    if kind ~= 'hash' or (there == 'none' and #fields > 2 * MANY) then
        return call('COPY', from, to, 'REPLACE')
    end

    for i = 1, #fields, 2 do
        n = n + takes_over(from, to, fields[i], fields[i + 1])
    end

    if n > 0 then
        set_expiry(to)
    end

    return n
end


-- ---- histories ----

-- The entries after the last one that is there; they keep their IDs.
local function merge_audit(from, to)
    local kind, there = type_of(from), type_of(to)

    if kind ~= 'stream' or (there ~= 'stream' and there ~= 'none') then
        return 0
    end

    if there == 'none' then
        call('COPY', from, to)
        return 1
    end

    local last = call('XREVRANGE', to, '+', '-', 'COUNT', 1)[1]
    local entries = call('XREVRANGE', from, '+', last and '(' .. last[1] or '-')

    for i = #entries, 1, -1 do
        call('XADD', to, entries[i][1], unpack(entries[i][2]))
    end

    if #entries > 0 then
        call('EXPIRE', to, AUDIT_LIFE)
    end

    return #entries
end


-- ---- regions, controls, sources ----

local function merge_fields(from, to)
    local n = 0

    for i = 2, #ARGV do
        local value = call('HGET', from, ARGV[i])
        n = n + (value and takes_over(from, to, ARGV[i], value) or 0)
    end

    return n
end

local function mirror_fields(from, to)
    for i = 2, #ARGV do
        local value = call('HGET', from, ARGV[i])

        if value then
            call('HSET', to, ARGV[i], value)
        else
            call('HDEL', to, ARGV[i])
        end
    end

    return 1
end

local function mirror(from, to)
    if type_of(from) == 'none' then
        return call('DEL', to)
    end

    return call('COPY', from, to, 'REPLACE')
end


-- ---- each pair ----

local MERGE = { risk = merge_risk, audit = merge_audit, fields = merge_fields }
local n = 0

for i = 1, #KEYS, 2 do
    local _, kind = place_of(KEYS[i])

    if what == 'merge' then
        n = n + MERGE[kind](KEYS[i], KEYS[i + 1])
    else
        n = n + (kind == 'fields' and mirror_fields or mirror)(KEYS[i + 1],
            KEYS[i])
    end
end

return n
