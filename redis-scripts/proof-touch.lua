-- Writes the proof of a part of a store as it is, by which every gate that has
-- read it forgets what it has read of this part: a flag is about to be set at
-- another node of a cluster, of which this one says nothing.
--
-- KEYS[1]  healthcode:meta:{xx}, {r} or {c}
-- RETURNS  1; or 0: there is no proof, nothing is changed

local tag = #KEYS == 1 and string.match(KEYS[1], '^healthcode:meta:{(%w+)}$')

if #ARGV ~= 0 or not tag or tag ~= 'r' and tag ~= 'c'
    and not string.find(tag, '^[%da-f][%da-f]$')
then
    return redis.error_reply('ERR healthcode proof-touch: '
        .. 'the key of a proof is needed, and nothing else')
end

local proof = redis.call('HGETALL', KEYS[1])

if #proof == 0 then
    return 0
end

redis.call('HSET', KEYS[1], unpack(proof))

return 1
