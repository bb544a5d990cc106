import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { call } from '../../test-kit/place.ts'
import { openRaw } from '../../test-kit/raw.ts'
import { holdTime } from '../fixture/held-time.ts'
import { openSite, plainly, type Site, say, sayOk, targetOf } from '../test-kit.ts'

describe('a caller', () => {
  const strict = (urls: readonly string[]) => ({
    targets: plainly(urls),
    timeouts: { attempt: '200ms' },
    health: { passive: { failures: 1, ejectFor: '1h' } },
    circuitBreaker: { minimumCalls: 1, openFor: '1h' },
  })
  const fit = (site: Site) => site.front.pipeline.upstreams()[0]?.targets.map((each) => each.fit)
  const head = 'POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'

  it('cannot talk a target out of service with a body that breaks off or cannot be read', async () => {
    await using site = await openSite(2, strict)
    for (const rest of ['3\r\nabc\r\nzz\r\n', '3\r\nabc\r\n']) {
      const socket = await openRaw(site.front.port)
      socket.on('error', () => undefined)
      socket.write(head + rest)
      await sleep(60)
      socket.destroy()
    }
    await expect.poll(() => site.front.decisions.length).toBeGreaterThanOrEqual(1)
    await sleep(50)
    expect(fit(site)).toEqual([true, true])
  })

  it('cannot do so with a body that comes slowly', async () => {
    await using site = await openSite(2, strict)
    async function* slowly() {
      yield Buffer.from('one')
      await sleep(400)
      yield Buffer.from('two')
    }
    const answer = await call(site.front, '/shop/v1/things', { method: 'POST' }, slowly).catch(
      () => undefined,
    )
    expect([504, undefined]).toContain(answer?.status)
    expect(site.front.decisions[0]?.upstream).toMatchObject({ target: expect.any(String) })
    expect(fit(site)).toEqual([true, true])
  })
})

describe('when no target is fit', () => {
  it('all of them are used, and every decision says so', async () => {
    await using site = await openSite(2, (urls) => ({
      targets: plainly(urls),
      health: { passive: { failures: 1, ejectFor: '1h', maxEjectedPercent: 100 } },
    }))
    for (const each of site.targets) each.answer = say(500)
    await site.get(2)
    for (const each of site.targets) each.answer = sayOk
    expect(await site.get(4)).toEqual([200, 200, 200, 200])
    expect(site.front.decisions.map(({ upstream }) => upstream?.panic)).toEqual([
      undefined,
      undefined,
      true,
      true,
      true,
      true,
    ])
    expect(site.front.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })
})

describe('a circuit breaker', () => {
  const circuitBreaker = { minimumCalls: 4, openFor: '300ms', trialCalls: 2 }

  it('gives a lone target a rest, tells callers so, and lets trials decide', async () => {
    using time = holdTime()
    await using site = await openSite(1, (urls) => ({ targets: plainly(urls), circuitBreaker }))
    const only = targetOf(site, 0)
    only.answer = say(500)
    expect(await site.get(6)).toEqual([500, 500, 500, 500, 503, 503])
    expect(only.calls).toBe(4)
    const refused = site.front.decisions.at(-1)
    expect(refused).toMatchObject({ outcome: 'failed', code: 'gateway.upstream-open' })
    expect(refused?.upstream).toBeUndefined()
    time.pass(300)
    expect(await site.get(2)).toEqual([500, 503])
    only.answer = sayOk
    time.pass(300)
    expect(await site.get(6)).toEqual(Array(6).fill(200))
  })

  it('sends the calls to the other targets, where there are any', async () => {
    await using site = await openSite(2, (urls) => ({
      targets: plainly(urls),
      circuitBreaker: { ...circuitBreaker, openFor: '1h' },
      health: { passive: { maxEjectedPercent: 0 } },
    }))
    targetOf(site, 0).answer = say(502)
    const statuses = await site.get(20)
    expect(statuses.filter((status) => status === 502)).toHaveLength(4)
    expect(statuses.slice(8)).toEqual(Array(12).fill(200))
  })
})
