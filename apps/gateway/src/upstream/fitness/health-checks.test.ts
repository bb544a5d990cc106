import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { never, openSite, plainly, say, sayOk } from '../test-kit.ts'

const active = { path: '/health', interval: '1s', timeout: '100ms', unhealthyAfter: 1, healthyAfter: 1 }
const declared = (urls: readonly string[]) => ({
  targets: plainly(urls),
  health: { active, passive: { maxEjectedPercent: 0 } },
})

describe('active checks', () => {
  it('take a target out before any call has failed, and bring it back', async () => {
    await using site = await openSite(2, declared)
    const [sick, well] = site.targets
    if (sick === undefined || well === undefined) throw new TypeError('two targets were asked for')
    const fit = () => site.front.pipeline.upstreams()[0]?.targets.map((each) => each.fit)
    sick.answer = say(500)
    await expect.poll(fit).toEqual([false, true])
    expect(await site.get(4)).toEqual([200, 200, 200, 200])
    expect(sick.calls).toBe(0)
    sick.answer = sayOk
    await expect.poll(fit).toEqual([true, true])
    await site.get(2)
    expect(sick.calls).toBe(1)
    expect(site.front.log.lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'a target is out of service, because its checks fail',
        'a target is back in service, because its checks pass',
      ]),
    )
  })

  it('count an answer that does not come in time as a bad one', async () => {
    await using site = await openSite(2, declared)
    for (const each of site.targets) each.answer = never
    const fit = () => site.front.pipeline.upstreams()[0]?.targets.map((each) => each.fit)
    await expect.poll(fit).toEqual([false, false])
  })

  it('end with the declaration that asked for them, and with the gateway', async () => {
    await using site = await openSite(2, declared)
    const checks = () => site.targets.map((each) => each.checks)
    await expect.poll(() => Math.min(...checks())).toBeGreaterThan(0)
    site.declare(site.targets[0]?.url ?? '')
    const after = checks()
    await sleep(1_300)
    expect(checks()).toEqual(after)
    site.declare(declared(site.targets.map(({ url }) => url)))
    await expect.poll(() => Math.min(...checks())).toBeGreaterThan(Math.max(...after))
    site.front.pipeline.close()
    const atEnd = checks()
    await sleep(1_300)
    expect(checks()).toEqual(atEnd)
  })

  it('go on, with what they have found, when a revision leaves the upstream as it is', async () => {
    await using site = await openSite(2, declared)
    const [sick] = site.targets
    if (sick === undefined) throw new TypeError('a target was asked for')
    sick.answer = say(404)
    const fit = () => site.front.pipeline.upstreams()[0]?.targets.map((each) => each.fit)
    await expect.poll(fit).toEqual([false, true])
    site.declare(declared(site.targets.map(({ url }) => url)))
    expect(fit()).toEqual([false, true])
    const before = sick.checks
    await expect.poll(() => sick.checks).toBeGreaterThan(before)
  })
})
