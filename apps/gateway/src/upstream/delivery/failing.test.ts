import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { call } from '../../test-kit/place.ts'
import { holdTime } from '../fixture/held-time.ts'
import { never, openSite, plainly, say, targetOf } from '../test-kit.ts'

describe('a target that dies', () => {
  it('costs nobody a call: what was not sent goes to another one, until the target is ejected', async () => {
    await using site = await openSite(2, (urls) => ({
      targets: plainly(urls),
      health: { passive: { failures: 3, ejectFor: '1s' } },
    }))
    await targetOf(site, 0).stop()
    expect(await site.get(12)).toEqual(Array(12).fill(200))
    const tried = site.front.decisions.filter(({ upstream }) => upstream?.attempts !== undefined)
    expect(tried).toHaveLength(3)
    expect(tried[0]?.upstream).toMatchObject({
      status: 200,
      target: targetOf(site, 1).name,
      attempts: [
        { target: targetOf(site, 0).name, code: 'gateway.upstream-unreachable' },
        { target: targetOf(site, 1).name, status: 200 },
      ],
    })
    expect(site.front.log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'a target is ejected, because calls to it fail' }),
    )
  })

  it('is used again when it is back and its time is over', async () => {
    using time = holdTime()
    await using site = await openSite(2, (urls) => ({
      targets: plainly(urls),
      health: { passive: { failures: 1, ejectFor: '1s' } },
    }))
    const dead = targetOf(site, 0)
    await dead.stop()
    await site.get(2)
    await dead.start()
    await site.get(4)
    expect(dead.calls).toBe(0)
    time.pass(1_000)
    expect(await site.get(4)).toEqual([200, 200, 200, 200])
    expect(dead.calls).toBe(2)
  })

  it.each(['POST', 'PATCH'])('does not even cost a %s whose body streams', async (method) => {
    await using site = await openSite(2, (urls) => ({ targets: plainly(urls) }))
    await targetOf(site, 0).stop()
    let received = ''
    targetOf(site, 1).answer = (request, response) => {
      request.on('data', (piece) => {
        received += piece
      })
      request.on('end', () => response.end('ok'))
    }
    async function* pieces() {
      yield Buffer.from('one ')
      await sleep(20)
      yield Buffer.from('two')
    }
    for (let i = 0; i < 2; i++) {
      received = ''
      expect((await call(site.front, '/shop/v1/things', { method }, pieces)).status).toBe(200)
      expect(received).toBe('one two')
    }
  })

  it('is not asked again by the same call, and all of them dead is 502', async () => {
    await using site = await openSite(2, (urls) => ({ targets: plainly(urls), retry: { attempts: 5 } }))
    for (const each of site.targets) await each.stop()
    expect(await site.get()).toEqual([502])
    expect(site.front.decisions[0]).toMatchObject({ outcome: 'failed', code: 'gateway.upstream-unreachable' })
    expect(site.front.decisions[0]?.upstream?.attempts?.map(({ target }) => target).toSorted()).toEqual(
      site.targets.map(({ name }) => name).toSorted(),
    )
  })
})

describe('a target that answers 500', () => {
  it('is ejected after so many in a row; until then its answers are passed on as they are', async () => {
    await using site = await openSite(2, (urls) => ({
      targets: plainly(urls),
      health: { passive: { failures: 3, ejectFor: '1h' } },
    }))
    targetOf(site, 0).answer = say(500)
    expect((await site.get(12)).filter((status) => status === 500)).toHaveLength(3)
    expect(targetOf(site, 0).calls).toBe(3)
  })

  it('is not ejected for 501 or for what the caller did wrong', async () => {
    await using site = await openSite(2, (urls) => ({
      targets: plainly(urls),
      health: { passive: { failures: 1 } },
    }))
    targetOf(site, 0).answer = say(501)
    targetOf(site, 1).answer = say(404)
    expect((await site.get(6)).toSorted()).toEqual([404, 404, 404, 501, 501, 501])
  })

  it('is hidden from callers whose call may be sent again, and from no others', async () => {
    await using site = await openSite(2, (urls) => ({
      targets: plainly(urls),
      retry: { on: ['connect-failure', 503] },
      health: { passive: { failures: 1000 } },
    }))
    targetOf(site, 0).answer = say(503)
    expect(await site.get(6)).toEqual(Array(6).fill(200))
    expect((await site.get(6, 'POST')).filter((status) => status === 503)).toHaveLength(3)
  })

  it('is retried no more often than the budget allows', async () => {
    await using site = await openSite(2, (urls) => ({
      targets: plainly(urls),
      retry: { on: [503], budgetPercent: 10 },
      health: { passive: { maxEjectedPercent: 0 } },
    }))
    for (const each of site.targets) each.answer = say(503)
    expect(await site.get(100)).toEqual(Array(100).fill(503))
    expect(site.front.pipeline.upstreams()[0]?.retries).toBeLessThanOrEqual(10 + 10)
    expect(targetOf(site, 0).calls + targetOf(site, 1).calls).toBeLessThanOrEqual(120)
  })
})

describe('a target that is slow', () => {
  const declared = (urls: readonly string[]) => ({
    targets: plainly(urls),
    timeouts: { attempt: '150ms' },
    retry: { on: ['connect-failure', 'no-answer'] },
    health: { passive: { failures: 2, ejectFor: '1h' } },
  })

  it('is given up in time, for another one where the call may be sent twice', async () => {
    using time = holdTime()
    await using site = await openSite(2, declared)
    targetOf(site, 0).answer = time.never
    expect(await site.get(2)).toEqual([200, 200])
    const record = site.front.decisions.find(({ upstream }) => upstream?.attempts !== undefined)
    expect(record?.upstream?.attempts?.[0]).toMatchObject({
      code: 'gateway.upstream-timeout',
      micros: 150_000,
    })
  })

  it('is 504 where the call may not be sent twice, and is ejected in the end', async () => {
    using time = holdTime()
    await using site = await openSite(2, declared)
    targetOf(site, 0).answer = time.never
    expect((await site.get(8, 'POST')).filter((status) => status === 504)).toHaveLength(2)
  })

  it('does not make a call longer than all its attempts may take', async () => {
    using time = holdTime()
    await using site = await openSite(3, (urls) => ({
      targets: plainly(urls),
      timeouts: { attempt: '300ms', total: '400ms' },
      retry: { on: ['no-answer'], attempts: 5 },
    }))
    for (const each of site.targets) each.answer = time.never
    expect(await site.get()).toEqual([504])
    expect(site.front.decisions[0]?.upstream?.attempts?.map(({ micros }) => micros)).toEqual([
      300_000, 100_000,
    ])
  })

  it('is not tried again when a timer fires before the clock says that the time is over', async () => {
    using time = holdTime()
    await using site = await openSite(3, (urls) => ({
      targets: plainly(urls),
      timeouts: { attempt: '90ms', total: '120ms' },
      retry: { on: ['no-answer'], attempts: 5 },
    }))
    for (const each of site.targets) each.answer = time.never
    const trueNow = performance.now.bind(performance)
    const slowClock = vi.spyOn(performance, 'now').mockImplementation(() => trueNow() * 0.9)
    try {
      expect(await site.get()).toEqual([504])
    } finally {
      slowClock.mockRestore()
    }
    expect(site.front.decisions[0]?.upstream?.attempts).toHaveLength(2)
  })

  it('may take its time over the body once its head has come', async () => {
    using time = holdTime()
    await using site = await openSite(2, declared)
    const held = Promise.withResolvers<void>()
    for (const each of site.targets) {
      each.answer = (_, response) => {
        response.flushHeaders()
        held.promise.then(() => response.end('late'))
      }
    }
    const answer = call(site.front, '/shop/v1/things')
    await expect.poll(() => site.targets.map(({ calls }) => calls)).toContain(1)
    await expect.poll(() => vi.getTimerCount()).toBe(0)
    time.pass(300)
    held.resolve()
    expect((await answer).body.toString()).toBe('late')
  })

  it('is not blamed for a caller who went away', async () => {
    await using site = await openSite(2, (urls) => ({
      targets: plainly(urls),
      health: { passive: { failures: 1 } },
    }))
    for (const each of site.targets) each.answer = never
    const caller = new AbortController()
    const gone = fetch(`${site.front.url}/shop/v1/things`, { signal: caller.signal }).catch(() => 'gone')
    await expect.poll(() => targetOf(site, 0).calls + targetOf(site, 1).calls).toBe(1)
    caller.abort()
    expect(await gone).toBe('gone')
    await expect.poll(() => site.front.decisions).toHaveLength(1)
    expect(site.front.decisions[0]?.code).toBe('gateway.caller-gone')
    expect(site.front.pipeline.upstreams()[0]?.targets.map(({ fit, inFlight }) => [fit, inFlight])).toEqual([
      [true, 0],
      [true, 0],
    ])
  })
})

describe('a body', () => {
  it('arrives whole at the second target when the first one answered without taking it', async () => {
    await using site = await openSite(2, (urls) => ({ targets: plainly(urls), retry: { on: [503] } }))
    const received: number[] = []
    targetOf(site, 0).answer = say(503)
    targetOf(site, 1).answer = async (request, response) => {
      let bytes = 0
      for await (const piece of Readable.from(request)) bytes += (piece as Buffer).length
      received.push(bytes)
      response.end('ok')
    }
    const body = Buffer.alloc(2_000, 'x')
    const put = () => call(site.front, '/shop/v1/things', { method: 'PUT' }, body)
    const statuses = [(await put()).status, (await put()).status]
    // Whether the body came with its head, and can be sent again, is up to the network.
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(1)
    expect(received.every((bytes) => bytes === 2_000)).toBe(true)
  })
})
