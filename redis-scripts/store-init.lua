-- Writes the proof by which a gate believes a store, or keeps the one it has.
--
-- KEYS[1]  healthcode:meta
-- ARGV[1]  schema: 1
-- ARGV[2]  pepper_check: 32 hexadecimal digits
-- ARGV[3]  instance for a new proof: 32 hexadecimal digits or more
-- ARGV[4]  1: replace what proves another pepper or schema; 0: refuse it
-- RETURNS  {'created' or 'kept' or 'replaced', instance}, or
--          {'pepper' or 'schema', instance}: that differs, nothing is changed

local schema, check, instance, force = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local function refuse(what)
    return redis.error_reply('ERR healthcode store-init: ' .. what)
end

if #KEYS ~= 1 or #ARGV ~= 4 or KEYS[1] ~= 'healthcode:meta' then
    return refuse('the key healthcode:meta and 4 arguments are needed')
end

if schema ~= '1' then
    return refuse('this script writes schema 1')
end

if #check ~= 32 or not string.find(check, '^%x+$')
    or #instance < 32 or not string.find(instance, '^%x+$')
then
    return refuse('pepper_check or instance is no hexadecimal of its length')
end

local done = 'created'

if redis.call('EXISTS', KEYS[1]) == 1 then
    local old = {}

    if redis.call('TYPE', KEYS[1]).ok == 'hash' then
        old = redis.call('HMGET', KEYS[1], 'schema', 'pepper_check',
            'instance')
    end

    local differs = (old[1] ~= schema or (old[3] or '') == '') and 'schema'
        or old[2] ~= check and 'pepper'

    if not differs then
        return { 'kept', old[3] }
    end

    if force ~= '1' then
        return { differs, old[3] or '' }
    end

    done = 'replaced'
    redis.call('DEL', KEYS[1])
end

redis.call('HSET', KEYS[1], 'schema', schema, 'instance', instance,
    'pepper_check', check)

return { done, instance }
