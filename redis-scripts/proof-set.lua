-- Writes the proof of one part of a store: of a cluster, where no script has
-- those of all parts.
--
-- KEYS[1]  healthcode:meta:{xx}, {r} or {c}
-- ARGV[1]  schema: 2
-- ARGV[2]  pepper_check: 32 hexadecimal digits
-- ARGV[3]  instance: 32 hexadecimal digits or more
-- ARGV[4]  new: only if there is none; any: in place of what is there
-- RETURNS  1; or 0: there is one, nothing is changed

local proof = KEYS[1]
local schema, check, instance, how = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local function refuse(what)
    return redis.error_reply('ERR healthcode proof-set: ' .. what)
end

if #KEYS ~= 1 or #ARGV ~= 4 then
    return refuse('1 key and 4 arguments are needed')
end

local tag = string.match(proof, '^healthcode:meta:{(%w+)}$')

if not tag or tag ~= 'r' and tag ~= 'c'
    and not string.find(tag, '^[%da-f][%da-f]$')
then
    return refuse('the key is not that of a proof')
end

if schema ~= '2' then
    return refuse('this script writes schema 2')
end

if #check ~= 32 or not string.find(check, '^%x+$')
    or #instance < 32 or not string.find(instance, '^%x+$')
then
    return refuse('pepper_check or instance is no hexadecimal of its length')
end

if how ~= 'new' and how ~= 'any' then
    return refuse('the fourth argument is not new or any')
end

if redis.call('TYPE', proof).ok ~= 'none' then

    if how == 'new' then
        return 0
    end

    redis.call('DEL', proof)
end

redis.call('HSET', proof, 'schema', schema, 'instance', instance,
    'pepper_check', check)

return 1
