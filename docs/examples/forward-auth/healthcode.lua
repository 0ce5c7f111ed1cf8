-- healthcode.lua: an action of HAProxy that asks a gate about a request, and
-- answers it as the gate does unless it lets it in.  No answer is a refusal.
-- docs/examples/forward-auth.conf has the gate.

local GATE = "http://127.0.0.1:8080/"
local ASKED = { "authorization", "cookie", "accept", "accept-language" }

core.register_action("healthcode", { "http-req" }, function(txn)
    local sent = txn.http:req_get_headers()
    local headers = {
        ["x-forwarded-for"] = { txn.f:src() },
        ["x-forwarded-method"] = { txn.f:method() },
        ["x-forwarded-uri"] = { txn.f:path() },
    }

    for _, name in ipairs(ASKED) do
        if sent[name] then
            headers[name] = {}
            for i = 0, #sent[name] do
                headers[name][i + 1] = sent[name][i]
            end
        end
    end

    local answer = core.httpclient():get({ url = GATE, headers = headers,
                                           timeout = 2000 })

    if answer.status == 200 then
        -- the application needs no code
        txn.http:req_del_header("authorization")
        return
    end

    local status = answer.status
    if not status or status < 400 then
        status = 503
    end

    local reply = txn:reply({ status = status, body = answer.body or "" })

    for _, name in ipairs({ "content-type", "www-authenticate", "retry-after",
                            "cache-control" }) do
        local values = answer.headers and answer.headers[name]
        if values then
            reply:add_header(name, values[0])
        end
    end

    txn:done(reply)
end)
