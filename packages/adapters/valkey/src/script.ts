import { createHash } from 'node:crypto'
import { FRACTIONS_PER_MILLI } from '@portcullis/ports/counters/gcra'

/** A Lua program that the engine runs as one, with nobody else in between. */
export interface Script {
  readonly text: string
  /** By which the engine knows it once it has seen it. */
  readonly sha: string
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Whole milliseconds of the engine's own clock, unless a test says what time it is. */
const now = `
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`

/**
 * Takes from all limits or from none. KEYS: one for each limit. ARGV: now or '', cost, milliseconds that a key outlives
 * what it owes; then four for each limit: 'rate', ticks per milli, per unit and per burst; or 'span', limit,
 * milliseconds left, ''. Answers with what was spent before: ticks or units.
 *
 * A rate is its arrival time, whole milliseconds and a fraction, and its arithmetic that of \`gcra.ts\`, step by step: whole
 * numbers below 2^53 on both sides.
 */
export const takeScript = script(`${now}
local cost, outlives = tonumber(ARGV[2]), tonumber(ARGV[3])
local spent, hasRoom = {}, true
for i, key in ipairs(KEYS) do
  local at = 4 * i
  local first = tonumber(ARGV[at + 1])
  local stored = redis.call('GET', key)
  if ARGV[at] == 'rate' then
    local perUnit, perBurst = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
    spent[i] = 0
    if stored then
      local millis, fraction = string.match(stored, '^(%d+):(%d+)$')
      local ahead = tonumber(millis) - now
      if ahead >= 0 then
        local ticks = ahead * first + math.floor(tonumber(fraction) * first / ${FRACTIONS_PER_MILLI} + 0.5)
        spent[i] = math.min(ticks, perBurst)
      end
    end
    if spent[i] + cost * perUnit > perBurst then hasRoom = false end
  else
    spent[i] = tonumber(stored or '0')
    if spent[i] + cost > first then hasRoom = false end
  end
end
if hasRoom and cost > 0 then
  for i, key in ipairs(KEYS) do
    local at = 4 * i
    local first = tonumber(ARGV[at + 1])
    if ARGV[at] == 'rate' then
      local after = spent[i] + cost * tonumber(ARGV[at + 2])
      local millis = now + math.floor(after / first)
      local fraction = math.floor((after % first) * ${FRACTIONS_PER_MILLI} / first + 0.5)
      local lasts = math.ceil(after / first) + outlives
      redis.call('SET', key, string.format('%.0f:%.0f', millis, fraction), 'PX', string.format('%.0f', lasts))
    else
      redis.call('SET', key, string.format('%.0f', spent[i] + cost), 'PX', string.format('%.0f', tonumber(ARGV[at + 2]) + outlives))
    end
  end
end
return spent
`)

/**
 * Takes a place. KEYS: a hash of holders, each with how many places it holds and until when. ARGV: now or '', holder, places,
 * milliseconds of the lease, of which a key outlives it. Answers with 1 or 0, and how many are in use.
 */
export const holdScript = script(`${now}
local holder, places, lease, outlives = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local inUse, mine = 0, 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local count, till = string.match(all[i + 1], '^(%d+):(%d+)$')
  if tonumber(till) <= now then
    redis.call('HDEL', KEYS[1], all[i])
  else
    inUse = inUse + tonumber(count)
    if all[i] == holder then mine = tonumber(count) end
  end
end
if inUse >= places then return {0, inUse} end
redis.call('HSET', KEYS[1], holder, string.format('%.0f:%.0f', mine + 1, now + lease))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', lease + outlives))
return {1, inUse + 1}
`)

/** Gives a place back. KEYS as above. ARGV: holder. */
export const releaseScript = script(`
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then return 0 end
local count, till = string.match(stored, '^(%d+):(%d+)$')
if tonumber(count) <= 1 then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f:%s', tonumber(count) - 1, till))
`)

/**
 * A sign of life of a holder. KEYS as above. ARGV: now or '', holder, how many it holds or '' for as many as are known,
 * milliseconds of the lease, of which a key outlives it.
 */
export const renewScript = script(`${now}
local holder, held, lease, outlives = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
if held == '' then
  held = string.match(redis.call('HGET', KEYS[1], holder) or '', '^%d+')
  if not held then return 0 end
end
redis.call('HSET', KEYS[1], holder, string.format('%s:%.0f', held, now + lease))
return redis.call('PEXPIRE', KEYS[1], string.format('%.0f', lease + outlives))
`)

/** A sign of life of a node. KEYS: the nodes by their last. ARGV: now or '', node, after how long it is gone. Answers with how many there are. */
export const nodesScript = script(`${now}
redis.call('ZADD', KEYS[1], now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[3]))
redis.call('PEXPIRE', KEYS[1], 2 * tonumber(ARGV[3]))
return redis.call('ZCARD', KEYS[1])
`)

/**
 * Gives what is kept, or the right to fetch it. KEYS: the value, the claim. ARGV: the value that is of no use, who asks,
 * milliseconds that a claim lasts. Answers with the value, or '' and whether the claim is now that of who asks.
 */
export const claimScript = script(`
local kept = redis.call('GET', KEYS[1])
if kept and kept ~= ARGV[1] then return {kept, 0} end
if redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return {'', 1} end
return {'', 0}
`)

/** Ends a claim, with a value or without. KEYS: the value, the claim. ARGV: who asks, the value or '', milliseconds that it is kept. */
export const settleScript = script(`
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 0
`)
