import { describe, expect, it } from 'vitest'
import { call } from '../../test-kit/place.ts'
import { openSite, plainly, type Site, sayOk } from '../test-kit.ts'

const underWay = (site: Site) =>
  site.front.pipeline.upstreams()[0]?.targets.reduce((sum, { inFlight }) => sum + inFlight, 0)

describe('calls to several targets', () => {
  it('are shared out by weight, and none goes to a weight of 0', async () => {
    await using site = await openSite(3, ([a, b, c]) => ({
      targets: [{ url: a, weight: 3 }, { url: b }, { url: c, weight: 0 }],
    }))
    expect(await site.get(16)).toEqual(Array(16).fill(200))
    expect(site.targets.map(({ calls }) => calls)).toEqual([12, 4, 0])
  })

  it('name their target in the decision, and nothing else of it', async () => {
    await using site = await openSite(1, ([a]) => ({
      targets: plainly([`${a}/hidden/path`]),
      circuitBreaker: {},
    }))
    await site.get()
    expect(site.front.decisions[0]?.upstream).toEqual({
      status: 200,
      micros: expect.any(Number),
      target: site.targets[0]?.name,
    })
  })

  it('need no name for their target where there is one', async () => {
    await using site = await openSite(1, ([a]) => a)
    await site.get()
    expect(site.front.decisions[0]?.upstream).toEqual({ status: 200, micros: expect.any(Number) })
    expect(site.front.pipeline.upstreams()).toEqual([])
  })

  it('go, with least requests, to whoever has fewer of them under way', async () => {
    await using site = await openSite(2, (urls) => ({ targets: plainly(urls), balance: 'least-requests' }))
    const [slow, quick] = site.targets
    if (slow === undefined || quick === undefined) throw new TypeError('two targets were asked for')
    const held = Promise.withResolvers<void>()
    slow.answer = (request, response) => void held.promise.then(() => sayOk(request, response))
    const answers = []
    for (let i = 1; i <= 8; i++) {
      answers.push(call(site.front, '/shop/v1/things'))
      // It has come to its target, and where that is quick its answer has come back.
      await expect.poll(() => slow.calls + quick.calls).toBe(i)
      await expect.poll(() => underWay(site)).toBe(slow.calls)
    }
    expect(slow.calls).toBeLessThan(quick.calls)
    held.resolve()
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(8).fill(200))
  })

  it('are counted as under way until the last byte of the reply, and no longer', async () => {
    await using site = await openSite(2, (urls) => ({ targets: plainly(urls) }))
    let end: (() => void) | undefined
    for (const target of site.targets) {
      target.answer = (_, response) => {
        response.write('first')
        end = () => response.end('last')
      }
    }
    const whole = call(site.front, '/shop/v1/things')
    await expect.poll(() => end !== undefined && underWay(site)).toBe(1)
    end?.()
    expect((await whole).body.toString()).toBe('firstlast')
    await expect.poll(() => underWay(site)).toBe(0)
    const caller = new AbortController()
    const response = await fetch(`${site.front.url}/shop/v1/things`, { signal: caller.signal })
    expect(response.status).toBe(200)
    expect(underWay(site)).toBe(1)
    caller.abort()
    await expect.poll(() => underWay(site)).toBe(0)
    for (const target of site.targets) target.answer = sayOk
    expect(await site.get(2, 'HEAD')).toEqual([200, 200])
    await expect.poll(() => underWay(site)).toBe(0)
  })
})

describe('a new revision', () => {
  const declared = (urls: readonly string[], more = {}) => ({
    targets: plainly(urls),
    health: { passive: { failures: 1, ejectFor: '1h' } },
    ...more,
  })

  it('leaves what is known of the targets as it was, while they are declared', async () => {
    await using site = await openSite(3, (urls) => declared(urls))
    await site.targets[1]?.stop()
    expect(await site.get(3)).toEqual([200, 200, 200])
    const fit = () => site.front.pipeline.upstreams()[0]?.targets.map((each) => each.fit)
    expect(fit()).toEqual([true, false, true])
    site.declare(declared(site.targets.map(({ url }) => url)))
    expect(fit()).toEqual([true, false, true])
    expect(site.front.pipeline.upstreams()[0]?.retries).toBe(1)
    const [first, second] = site.targets.map(({ url }) => url)
    site.declare(declared([second ?? '', first ?? ''], { balance: 'least-requests' }))
    expect(fit()).toEqual([false, true])
  })

  it('sends nothing more to a target that it does not name, and lets its calls come to their end', async () => {
    await using site = await openSite(2, (urls) => declared(urls))
    const [left, stays] = site.targets
    if (left === undefined || stays === undefined) throw new TypeError('two targets were asked for')
    const held = Promise.withResolvers<void>()
    left.answer = (request, response) => void held.promise.then(() => sayOk(request, response))
    const answer = call(site.front, '/shop/v1/things')
    await expect.poll(() => left.calls).toBe(1)
    site.declare(declared([stays.url]))
    expect(await site.get(4)).toEqual([200, 200, 200, 200])
    expect(left.calls).toBe(1)
    held.resolve()
    expect(await answer).toMatchObject({ status: 200 })
    expect(site.front.log.lines).toContainEqual(
      expect.objectContaining({
        message: 'a target is declared no more; calls under way go on',
        fields: expect.objectContaining({ target: left.name, inFlight: 1 }),
      }),
    )
  })

  it('starts a target that is new slowly, where that is declared', async () => {
    await using site = await openSite(2, ([first]) =>
      declared([first ?? ''], { slowStart: '1h', circuitBreaker: {} }),
    )
    site.declare(
      declared(
        site.targets.map(({ url }) => url),
        { slowStart: '1h', circuitBreaker: {} },
      ),
    )
    await site.get(22)
    expect(site.targets.map(({ calls }) => calls)).toEqual([20, 2])
  })
})
