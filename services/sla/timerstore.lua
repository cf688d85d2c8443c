-- The timer store's one script: every operation checks, in one atomic step, that the caller owns the
-- partition and that nothing written by it was lost (protocol: a zombie may neither put nor delete).
--
-- KEYS  {tNN}:due   sorted set, due ms -> id      {tNN}:lease  sorted set, lease's end ms -> id
--       {tNN}:ep    hash: e owner epoch, g generation of the assignment, n writes since then
-- ARGV  op, epoch, generation, writes the caller knows of, writes in doubt (sent, unanswered), ...
-- Reply {status, n, earliest due or "", rest}: 0 ok, 1 refused (a later owner), 2 stale (rebuild)
local due, lease, ep = KEYS[1], KEYS[2], KEYS[3]
local op, epoch, gen = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local known, doubt = tonumber(ARGV[4]), tonumber(ARGV[5])

local at = redis.call('HMGET', ep, 'e', 'g', 'n')
local owner, n = at[1] and tonumber(at[1]), at[3] and tonumber(at[3])
if owner and owner > epoch then return {1} end

if op == 'assign' then
    redis.call('UNLINK', due, lease, ep)
    redis.call('HSET', ep, 'e', ARGV[2], 'g', gen, 'n', 0)
    return {0, 0, ''}
end
if owner ~= epoch or at[2] ~= gen or not n or n < known or n > known + doubt then return {2} end

local function answer(wrote, rest)
    if wrote then n = redis.call('HINCRBY', ep, 'n', 1) end
    local head = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
    return {0, n, head[2] or '', rest}
end

if op == 'put' then
    redis.call('ZADD', due, unpack(ARGV, 6))
    return answer(true)
elseif op == 'del' then
    redis.call('ZREM', due, unpack(ARGV, 6))
    redis.call('ZREM', lease, unpack(ARGV, 6))
    return answer(true)
elseif op == 'ack' then
    -- One that the rows told (it was late) was never claimed and still stands among the due.
    redis.call('ZREM', lease, unpack(ARGV, 6))
    redis.call('ZREM', due, unpack(ARGV, 6))
    return answer(true)
elseif op == 'claim' then
    -- Two lanes: three quarters for what falls due now, the rest for the backlog, each lending to the
    -- other what it does not use; so a backlog never starves the punctual, nor they the backlog.
    local now, until_ms, fresh, max = tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
    local edge = string.format('%.0f', now - fresh)
    local new = redis.call('ZRANGEBYSCORE', due, '(' .. edge, ARGV[6], 'LIMIT', 0, max)
    local share = math.max(max - #new, math.floor(max / 4))
    local ids = redis.call('ZRANGEBYSCORE', due, '-inf', edge, 'LIMIT', 0, share)
    for i = 1, math.min(#new, max - #ids) do ids[#ids + 1] = new[i] end
    if #ids == 0 then return answer(false, '') end
    local leased = {}
    for i = 1, #ids do
        leased[2 * i - 1] = until_ms
        leased[2 * i] = ids[i]
    end
    redis.call('ZREM', due, unpack(ids))
    redis.call('ZADD', lease, unpack(leased))
    return answer(true, table.concat(ids))
elseif op == 'reclaim' then
    -- Back with the lease's end as due: it lies in the past, so they are claimed again at once. An
    -- entry put anew meanwhile keeps its own due.
    local old = redis.call('ZRANGEBYSCORE', lease, '-inf', ARGV[6], 'WITHSCORES', 'LIMIT', 0, ARGV[7])
    if #old == 0 then return answer(false, 0) end
    local back, ids = {}, {}
    for i = 1, #old, 2 do
        back[i] = old[i + 1]
        back[i + 1] = old[i]
        ids[#ids + 1] = old[i]
    end
    redis.call('ZADD', due, 'NX', unpack(back))
    redis.call('ZREM', lease, unpack(ids))
    return answer(true, #ids)
elseif op == 'look' then
    local rows = redis.call('ZRANGEBYSCORE', due, '(' .. ARGV[6], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[7])
    return answer(false, {redis.call('ZCARD', due), redis.call('ZCARD', lease), rows})
elseif op == 'stat' then
    return answer(false, {redis.call('ZCARD', due), redis.call('ZCARD', lease)})
end
return redis.error_reply('ERR unknown operation')
