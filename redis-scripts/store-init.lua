-- Writes the proof by which a gate believes a store, or keeps the one it has.
--
-- KEYS[1]  healthcode:meta
-- ARGV[1]  schema: 1
-- ARGV[2]  pepper_check: 32 hexadecimal digits
-- ARGV[3]  instance for a new proof: 32 hexadecimal digits or more
-- ARGV[4]  keep: what proves the same stays; renew: it gets the new instance;
--          force: likewise keep, and what proves another pepper or schema is
--          replaced
-- ARGV[5]  1: the store has flags, or needs none; 0: a new proof is refused
-- RETURNS  {'created' or 'kept' or 'renewed' or 'replaced', instance}, or
--          {'pepper' or 'schema' or 'empty', instance}: that is in the way,
--          nothing is changed

local schema, check, instance, how = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local function refuse(what)
    return redis.error_reply('ERR healthcode store-init: ' .. what)
end

if #KEYS ~= 1 or #ARGV ~= 5 or KEYS[1] ~= 'healthcode:meta' then
    return refuse('the key healthcode:meta and 5 arguments are needed')
end

if schema ~= '1' then
    return refuse('this script writes schema 1')
end

if #check ~= 32 or not string.find(check, '^%x+$')
    or #instance < 32 or not string.find(instance, '^%x+$')
then
    return refuse('pepper_check or instance is no hexadecimal of its length')
end

if how ~= 'keep' and how ~= 'renew' and how ~= 'force' then
    return refuse('the fourth argument is not keep, renew or force')
end

local done, old = 'created', {}

if redis.call('EXISTS', KEYS[1]) == 1 then

    if redis.call('TYPE', KEYS[1]).ok == 'hash' then
        old = redis.call('HMGET', KEYS[1], 'schema', 'pepper_check',
            'instance')
    end

    local differs = (old[1] ~= schema or (old[3] or '') == '') and 'schema'
        or old[2] ~= check and 'pepper'

    if differs and how ~= 'force' then
        return { differs, old[3] or '' }
    end

    if not differs and how ~= 'renew' then
        return { 'kept', old[3] }
    end

    done = differs and 'replaced' or 'renewed'
end

if ARGV[5] ~= '1' then
    return { 'empty', old[3] or '' }
end

if done == 'replaced' then
    redis.call('DEL', KEYS[1])
end

redis.call('HSET', KEYS[1], 'schema', schema, 'instance', instance,
    'pepper_check', check)

return { done, instance }
