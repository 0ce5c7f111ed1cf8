-- What counts once, such as a proof of DPoP: who comes first leaves a mark.
-- docs/redis-keys.md, "healthcode:mark".
--
-- KEYS[1]  healthcode:mark:{xx}:DIGEST, xx the first two digits of DIGEST
-- ARGV[1]  the instance that the proof of the store must name
-- ARGV[2]  OWNER: the request that asks, 32 digits; it may ask again
-- ARGV[3]  life, s: for so long a gate may accept it again
-- ARGV[4]  the key of the proof, healthcode:meta:{xx}; not one of KEYS, which
--          Redis lets nobody name who may only read it
-- RETURNS  {marked}, also if this OWNER has; {replayed}: another one has; or
--          {unproven}: the store has another proof, nothing is changed

local LIFE_MAX = 3600           -- s

local call, find, sub = redis.call, string.find, string.sub
local key, instance, owner, life, proof =
    KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local function refuse(text)
    return redis.error_reply('ERR healthcode mark: ' .. text)
end

local function is_digest(text)
    return #text == 32 and not find(text, '[^0-9a-f]')
end


if #KEYS ~= 1 or #ARGV ~= 4 then
    return refuse('a key and 4 arguments are needed')
end

local tag = string.match(key, '^healthcode:mark:({%x%x}):')

if not tag or sub(tag, 2, 3) ~= sub(key, 22, 23) or not is_digest(sub(key, 22))
then
    return refuse('the key is not that of a mark')
end

if proof ~= 'healthcode:meta:' .. tag then
    return refuse('the last argument is not the key of a proof of the mark')
end

if not is_digest(owner) then
    return refuse('the owner is not 32 digits')
end

if #life > 4 or not find(life, '^%d+$') or tonumber(life) < 1
    or tonumber(life) > LIFE_MAX
then
    return refuse('the life is no time, or too long')
end

if instance == '' or call('HGET', proof, 'instance') ~= instance then
    return { 'unproven' }
end

if call('SET', key, owner, 'NX', 'EX', life) or call('GET', key) == owner then
    return { 'marked' }
end

return { 'replayed' }
