-- Who passes a hall, once: a passage is reserved, then confirmed or annulled,
-- and who is inside is known.  docs/redis-keys.md, "healthcode:hall".
--
-- KEYS[1]  healthcode:hall:{xx}:HALL:codes, xx the first two digits of HALL;
--          and KEYS[2] to [7]: inside, left, held, holders, passages, ended
-- ARGV[1]  what is asked: enter, leave, confirm, annul, show, list or forget
-- ARGV[2]  the instance that the proof must name
--          of enter and leave:
-- ARGV[3]  once: code or holder
-- ARGV[4]  HOLDER   ARGV[5]  CODE: the digest of the code
-- ARGV[6]  ID: the digest of lane, code and nonce
-- ARGV[7]  retry, ms: a passage with this ID that is younger is answered again;
--          0: there is no nonce, so the same ID is another passage
-- ARGV[8]  hold, ms: for so long it may be confirmed or annulled
-- ARGV[9]  what it is once hold is over: confirm or annul
-- ARGV[10] return, s: who has entered so long ago may enter again; 0: nobody
-- ARGV[11] life, s: for so long a gate will accept the code, by its own clock
--          of confirm and annul:  ARGV[3]  ID
--          of list:    ARGV[3] and [4]  how many to leave out, to list
--          of forget:  ARGV[3]  HOLDER; or people; or all: also what codes have
--                      passed, so that they pass again
--          of all, the last one:  the key of the proof, healthcode:meta:{xx};
--          no key of KEYS, which Redis lets nobody name who may only read it
-- RETURNS  {word, how many are inside, ...}
--          enter, leave:    passed, or again: a retry of one that has; or
--                           refused: replayed, inside or outside
--          confirm, annul:  done, also if it was before; final: the opposite
--                           was; unknown
--          show:    show; then how many are held, how many codes have passed
--          list:    list; then HOLDER and the second of entering, of each
--          forget:  forgotten, or nobody
--          {unproven}: the store has another proof, nothing is changed

local SECOND, HOUR, DAY = 1000, 3600000, 86400000       -- ms
local HOLD_MAX = 600000         -- ms; less than HOUR, for which it is known who
                                -- left and what became of a passage
local RETRY_MAX = 60000         -- ms
local DROPPED = 32              -- passages that one call forgets

local call, find = redis.call, string.find
local NAMES = { ':codes', ':inside', ':left', ':held', ':holders',
                ':passages', ':ended' }
local codes, inside, left, held, holders, passages, ended =
    KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local what, proof = ARGV[1], ARGV[#ARGV]

local function refuse(text)
    return redis.error_reply('ERR healthcode passage: ' .. text)
end


-- ---- what is asked ----

local function is_digest(text)
    return #text == 32 and not find(text, '[^0-9a-f]')
end

local function is_whole(text, least, most)
    return #text <= 9 and find(text, '^%d+$') ~= nil
        and tonumber(text) >= least and tonumber(text) <= most
end

local ARGUMENTS = { enter = 12, leave = 12, confirm = 4, annul = 4, show = 3,
                    list = 5, forget = 4 }

if #KEYS ~= #NAMES or #ARGV ~= ARGUMENTS[what] then
    return refuse('7 keys, a word and its arguments are needed')
end

local hall = string.sub(codes, 1, 53)
local tag = string.match(hall, '^healthcode:hall:({%x%x}):')

if not tag or string.sub(tag, 2, 3) ~= string.sub(hall, 22, 23)
    or not is_digest(string.sub(hall, 22))
then
    return refuse('the keys are not those of a hall')
end

for i = 1, #NAMES do
    if KEYS[i] ~= hall .. NAMES[i] then
        return refuse('the keys are not those of one hall')
    end
end

if proof ~= 'healthcode:meta:' .. tag then
    return refuse('the last argument is not the key of a proof of the hall')
end

if what == 'enter' or what == 'leave' then

    if ARGV[3] ~= 'code' and ARGV[3] ~= 'holder' then
        return refuse('once is not code or holder')
    end

    if not (is_digest(ARGV[4]) and is_digest(ARGV[5]) and is_digest(ARGV[6]))
    then
        return refuse('a holder, a code or an ID is not a digest')
    end

    if ARGV[9] ~= 'confirm' and ARGV[9] ~= 'annul' then
        return refuse('what is unconfirmed is not to confirm or annul')
    end

    if not (is_whole(ARGV[7], 0, RETRY_MAX) and is_whole(ARGV[8], 0, HOLD_MAX)
        and is_whole(ARGV[10], 0, 86400) and is_whole(ARGV[11], 1, 99999999))
    then
        return refuse('retry, hold, return or life is no time, or too long')
    end

elseif what == 'confirm' or what == 'annul' then

    if not is_digest(ARGV[3]) then
        return refuse('the ID is not a digest')
    end

elseif what == 'list' then

    if not (is_whole(ARGV[3], 0, 99999999) and is_whole(ARGV[4], 1, 1000)) then
        return refuse('at most 1000 are listed at once')
    end

elseif what == 'forget' and ARGV[3] ~= 'people' and ARGV[3] ~= 'all'
    and not is_digest(ARGV[3])
then
    return refuse('whom to forget is not a holder, people or all')
end

-- An empty instance is that of nobody: a hash without one proves nothing.
if ARGV[2] == '' or call('HGET', proof, 'instance') ~= ARGV[2] then
    return { 'unproven' }
end


-- ---- what is kept ----

-- codes     zset  i or o and CODE: the ms until which it does not pass again
-- inside    zset  HOLDER: at, the ms of the last passage, an entry
-- left      zset  HOLDER: likewise, an exit, for an hour
-- held      zset  ID: the ms at which hold is over
-- holders   zset  HOLDER:AT:D:ID of what is held, in the order of at
-- passages  hash  ID: "STATE D AT THEN HOLDER", without HOLDER once it is
--                 final; "at": the last one
-- ended     zset  ID: the ms at which it is forgotten

local time = call('TIME')
local now = tonumber(time[1]) * SECOND + math.floor(tonumber(time[2]) / 1000)

local function number(value)
    return string.format('%.0f', value)
end

local function put(key, score, member)
    call('ZADD', key, number(score), member)
    call('PEXPIRE', key, DAY)
end

-- Whether the holder is inside by what is confirmed, and since when either
-- holds.
local function presence(holder)
    local came = tonumber(call('ZSCORE', inside, holder) or nil)
    local went = tonumber(call('ZSCORE', left, holder) or nil)
    return came ~= nil, came or went or 0
end

-- STATE is h, held; c, confirmed; or a, annulled.  D is i or o.  THEN is the
-- state once hold is over.
local function passage_of(id)
    local text = call('HGET', passages, id)
    if not text then
        return nil
    end

    local state, way, at, later, holder =
        string.match(text, '^(%l) (%l) (%d+) (%l) ?(%x*)$')
    return { id = id, state = state, way = way, at = tonumber(at),
             later = later, holder = holder }
end

-- Makes a held passage final.  Confirmations come in any order: the passage
-- that was reserved last says where the holder is.
local function decide(passage, state)

    if state == 'c' then
        local _, since = presence(passage.holder)

        if passage.at > since then
            local is_entry = passage.way == 'i'
            put(is_entry and inside or left, passage.at, passage.holder)
            call('ZREM', is_entry and left or inside, passage.holder)
        end
    end

    call('HSET', passages, passage.id, string.format('%s %s %.0f %s', state,
        passage.way, passage.at, passage.later))
    call('ZREM', held, passage.id)
    call('ZREM', holders, string.format('%s:%013.0f:%s:%s', passage.holder,
        passage.at, passage.way, passage.id))
    put(ended, now + HOUR, passage.id)
end

-- Time decides what nobody has: by when hold was over, not by when somebody
-- looks.  Of what somebody has deleted nobody knows.
for _, id in ipairs(call('ZRANGEBYSCORE', held, '-inf', number(now))) do
    local passage = passage_of(id)

    if passage then
        decide(passage, passage.later)
    else
        call('ZREM', held, id)
    end
end

for _, id in ipairs(call('ZRANGEBYSCORE', ended, '-inf', number(now), 'LIMIT',
    0, DROPPED))
do
    call('HDEL', passages, id)
    call('ZREM', ended, id)
end

-- It counts first, since memory that is full refuses only the first write of a
-- script, which has to be the passage.
local function purge(key, score)
    if call('ZCOUNT', key, '-inf', number(score)) > 0 then
        call('ZREMRANGEBYSCORE', key, '-inf', number(score))
    end
end

purge(inside, now - DAY)
purge(left, now - HOUR)
purge(codes, now)

local function answer(word, ...)
    return { word, call('ZCARD', inside), ... }
end


-- ---- what changes nothing ----

if what == 'show' then
    return answer('show', call('ZCARD', held), call('ZCARD', codes))
end

if what == 'list' then
    local reply = answer('list')
    local first = tonumber(ARGV[3])
    local all = call('ZRANGE', inside, first, first + tonumber(ARGV[4]) - 1,
        'WITHSCORES')

    for i = 1, #all, 2 do
        reply[#reply + 1] = all[i]
        reply[#reply + 1] = number(math.floor(tonumber(all[i + 1]) / SECOND))
    end

    return reply
end


-- ---- what forgets ----

-- In the order in which they were reserved.
local function held_of(holder)
    local found = {}
    for _, member in ipairs(call('ZRANGEBYLEX', holders, '[' .. holder .. ':',
        '(' .. holder .. ';'))
    do
        local at, way, id = string.match(member, '^%x+:(%d+):(%l):(%x+)$')

        if passage_of(id) then
            found[#found + 1] = { at = tonumber(at), way = way, id = id,
                                  member = member }
        else
            call('ZREM', holders, member)
        end
    end
    return found
end

if what == 'forget' then
    local gone = 0

    if ARGV[3] == 'all' then
        gone = call('DEL', codes)
    end

    if ARGV[3] == 'all' or ARGV[3] == 'people' then
        gone = gone + call('DEL', inside, left, held, holders, passages, ended)
        return answer(gone > 0 and 'forgotten' or 'nobody')
    end

    gone = call('ZREM', inside, ARGV[3]) + call('ZREM', left, ARGV[3])

    for _, passage in ipairs(held_of(ARGV[3])) do
        call('ZREM', holders, passage.member)
        call('ZREM', held, passage.id)
        call('HDEL', passages, passage.id)
        gone = gone + 1
    end

    return answer(gone > 0 and 'forgotten' or 'nobody')
end


-- ---- the second message ----

if what == 'confirm' or what == 'annul' then
    local passage = passage_of(ARGV[3])
    local state = what == 'confirm' and 'c' or 'a'

    if not passage then
        return answer('unknown')
    end

    if passage.state == 'h' then
        decide(passage, state)
    elseif passage.state ~= state then
        return answer('final')
    end

    return answer('done')
end


-- ---- the first ----

local once, holder, code, id = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local retry, hold = tonumber(ARGV[7]), tonumber(ARGV[8])
local later = ARGV[9] == 'confirm' and 'c' or 'a'
local again, life = tonumber(ARGV[10]) * SECOND, tonumber(ARGV[11]) * SECOND
local way = what == 'enter' and 'i' or 'o'

-- A mark lives for as long as any gate may accept the code, and a day, since
-- clocks differ; two codes of one jti may end at two times.
local mark, till = way .. code, now + life + DAY

local function was_marked()
    local old = tonumber(call('ZSCORE', codes, mark) or nil)

    if not old or old < till then
        call('ZADD', codes, number(till), mark)
        call('PEXPIRE', codes,
            number(math.max(life + DAY, call('PTTL', codes))))
    end

    return old ~= nil
end

-- Whether the holder may be inside, whatever becomes of what is held, and has
-- not been there for long enough to come again.
local function may_be_inside()
    local is_in, since = presence(holder)

    local function counts(at)
        return again == 0 or now - at < again
    end

    if is_in and counts(since) then
        return true
    end

    for _, passage in ipairs(held_of(holder)) do
        if passage.way == 'i' and passage.at > since and counts(passage.at) then
            return true
        end
    end

    return false
end

-- Whether the holder is inside, if what is held is confirmed; and the entry, if
-- it is held, by which that is so.
local function seems_inside()
    local is_in, since = presence(holder)
    local entry

    for _, passage in ipairs(held_of(holder)) do
        if passage.at > since then
            is_in = passage.way == 'i'
            entry = is_in and passage or nil
        end
    end

    return is_in, entry
end

local former = passage_of(id)

if former and retry > 0 then

    if former.state == 'a' or former.way ~= way or now - former.at >= retry then
        return answer('replayed')
    end

    return answer('again')
end

if once == 'code' then

    if was_marked() then
        return answer('replayed')
    end

elseif way == 'i' then

    if may_be_inside() then
        return answer('inside')
    end

else
    local is_in, entry = seems_inside()

    if not is_in then
        return answer('outside')
    end

    -- who is at an exit has come in
    if entry then
        decide(passage_of(entry.id), 'c')
    end
end

-- Two of one ID are not told apart by a second message: time is over for the
-- first.
former = passage_of(id)

if former and former.state == 'h' then
    decide(former, former.later)
end

-- The order of passages, which a clock that goes back does not change.
local at = math.max(now, tonumber(call('HGET', passages, 'at') or 0) + 1)

call('HSET', passages, 'at', number(at), id, string.format('h %s %.0f %s %s',
    way, at, later, holder))
call('PEXPIRE', passages, DAY)
call('ZREM', ended, id)
put(held, now + hold, id)
put(holders, 0, string.format('%s:%013.0f:%s:%s', holder, at, way, id))

if hold == 0 then
    decide(passage_of(id), later)
end

return answer('passed')
