-- Writes the proofs by which gates believe a store, one for each partition of
-- it, or keeps those that it has.
--
-- KEYS     healthcode:meta:{00} to {ff}, {r} and {c}: all 258, in this order
-- ARGV[1]  schema: 2
-- ARGV[2]  pepper_check: 32 hexadecimal digits
-- ARGV[3]  instance for new proofs: 32 hexadecimal digits or more
-- ARGV[4]  keep: what proves the same stays; renew: it gets the new instance;
--          force: likewise keep, and what proves another pepper or schema is
--          replaced
-- ARGV[5]  1: the store has flags, or needs none; 0: new proofs are refused
-- ARGV[6]  1: where some proofs are missing and others are there, they are
--          written; 0: that is refused
-- ARGV[7]  1: new proofs say that keys of schema 1 are written as well; or empty
-- RETURNS  {'created', 'kept', 'completed', 'renewed' or 'replaced', instance,
--          how many were written}, or {'missing', 'schema', 'pepper',
--          'instance' or 'empty', instance, of how many}: that is in the way,
--          nothing is changed

local PARTS = 256               -- by the first two digits of holders
local call, find = redis.call, string.find
local schema, check, instance, how = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local former = ARGV[7]

local function refuse(what)
    return redis.error_reply('ERR healthcode store-init: ' .. what)
end

if #KEYS ~= PARTS + 2 or #ARGV ~= 7 then
    return refuse('258 keys and 7 arguments are needed')
end

for i = 1, #KEYS do
    local tag = i <= PARTS and string.format('%02x', i - 1)
        or i == PARTS + 1 and 'r' or 'c'

    if KEYS[i] ~= 'healthcode:meta:{' .. tag .. '}' then
        return refuse('the keys are not those of all proofs, in their order')
    end
end

if schema ~= '2' then
    return refuse('this script writes schema 2')
end

if #check ~= 32 or not find(check, '^%x+$')
    or #instance < 32 or not find(instance, '^%x+$')
then
    return refuse('pepper_check or instance is no hexadecimal of its length')
end

if how ~= 'keep' and how ~= 'renew' and how ~= 'force' then
    return refuse('the fourth argument is not keep, renew or force')
end

if former ~= '' and former ~= '1' then
    return refuse('the last argument is not 1 or empty')
end

-- How many of each, and what the others prove: from the last one, {c}, by whose
-- instance gates know the store.
local missing = {}
local other = { schema = 0, pepper = 0, instance = 0 }
local known

for i = #KEYS, 1, -1 do
    local kind = call('TYPE', KEYS[i]).ok
    local old = kind == 'hash'
        and call('HMGET', KEYS[i], 'schema', 'pepper_check', 'instance',
            'former') or {}

    if kind == 'none' then
        missing[#missing + 1] = KEYS[i]
    elseif old[1] ~= schema or (old[3] or '') == '' then
        other.schema = other.schema + 1
    elseif old[2] ~= check then
        other.pepper = other.pepper + 1
    else
        known = known or old[3]
        former = old[4] or former

        if old[3] ~= known then
            other.instance = other.instance + 1
        end
    end
end

local function write(keys, name)
    for _, key in ipairs(keys) do
        call('HSET', key, 'schema', schema, 'instance', name, 'pepper_check',
            check)

        if former ~= '' then
            call('HSET', key, 'former', former)
        end
    end
end

-- What lost its proof may have lost more.
local is_new = #missing == #KEYS

if #missing > 0 and not is_new and ARGV[6] ~= '1' then
    return { 'missing', known or '', tostring(#missing) }
end

local differs = other.schema > 0 and 'schema' or other.pepper > 0 and 'pepper'

if differs and how ~= 'force' then
    return { differs, known or '', tostring(other[differs]) }
end

if not differs and other.instance > 0 and how == 'keep' then
    return { 'instance', known, tostring(other.instance) }
end

if not is_new and not differs and other.instance == 0 and how ~= 'renew' then
    write(missing, known)
    return { #missing > 0 and 'completed' or 'kept', known, tostring(#missing) }
end

if ARGV[5] ~= '1' then
    return { 'empty', known or '', '0' }
end

if differs then
    call('DEL', unpack(KEYS))
end

write(KEYS, instance)

return { is_new and 'created' or differs and 'replaced' or 'renewed', instance,
         tostring(#KEYS) }
