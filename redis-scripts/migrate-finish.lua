-- Ends the migration of a store from schema 1: its proof goes, so that a gate
-- that was left behind refuses, and new proofs no longer say that it is written.
--
-- KEYS[1]  to [258]: healthcode:meta:{00} to {ff}, {r} and {c}
-- KEYS[259]  healthcode:meta, the proof of schema 1
-- RETURNS  1: it was there; 0: it was gone already

local call = redis.call

local function refuse(text)
    return redis.error_reply('ERR healthcode migrate-finish: ' .. text)
end

if #KEYS ~= 259 or #ARGV ~= 0 or KEYS[258] ~= 'healthcode:meta:{c}'
    or KEYS[259] ~= 'healthcode:meta'
then
    return refuse('the keys are not those of all proofs and of the former one')
end

if call('HGET', KEYS[258], 'schema') ~= '2' then
    return refuse('the store has no proofs of schema 2 yet')
end

local gone = call('DEL', KEYS[259])

for i = 1, 258 do
    call('HDEL', KEYS[i], 'former')
end

return gone
