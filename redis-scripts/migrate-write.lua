-- While a store is migrated from schema 1: runs a script for the keys of schema
-- 2 in one step with what that changes of schema 1.  The command puts two
-- functions before it: former, which is migrate.lua, and write, the script.
--
-- KEYS     the keys of the script, then for each of them that of schema 1 whose
--          place it has
-- ARGV[1]  how many fields follow, for migrate.lua; then those, and then the
--          arguments of the script
-- RETURNS  what the script does

local fields = tonumber(ARGV[1])
local keys, places, arguments = {}, {}, {}

for i = 1, #KEYS / 2 do
    keys[i] = KEYS[i]
    places[2 * i - 1], places[2 * i] = KEYS[#KEYS / 2 + i], KEYS[i]
end

for i = fields + 2, #ARGV do
    arguments[#arguments + 1] = ARGV[i]
end

local function is_error(reply)
    return type(reply) == 'table' and reply.err ~= nil
end

local function migrate(what)
    local words = { what }

    for i = 1, fields do
        words[i + 1] = ARGV[i + 1]
    end

    return former(places, words)
end

-- First what is of schema 1: what the script finds must be all that there is.
local merged = migrate('merge')

if is_error(merged) then
    return merged
end

local reply = write(keys, arguments)

if is_error(reply) then
    return reply
end

local mirrored = migrate('mirror')

return is_error(mirrored) and mirrored or reply
