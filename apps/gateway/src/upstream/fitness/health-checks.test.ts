import { describe, expect, it, vi } from 'vitest'
import { type HeldTime, holdTime } from '../fixture/held-time.ts'
import { never, openSite, plainly, type Site, say, sayOk, targetOf } from '../test-kit.ts'

const active = { path: '/health', interval: '20s', timeout: '20s', unhealthyAfter: 1, healthyAfter: 1 }
const declared = (urls: readonly string[], more = {}) => ({
  targets: plainly(urls),
  health: { active: { ...active, ...more }, passive: { maxEjectedPercent: 0 } },
})
/** Longer than between two checks, however they are spread. */
const ROUND_MILLIS = 22_000

const fit = (site: Site) => site.front.pipeline.upstreams()[0]?.targets.map((each) => each.fit)
const checks = (site: Site) => site.targets.map((each) => each.checks)

/** Has every target checked once more, and learns what came of it. */
async function checkAll(site: Site, time: HeldTime): Promise<void> {
  const before = checks(site)
  time.pass(ROUND_MILLIS)
  await expect.poll(() => checks(site).every((now, i) => now > (before[i] ?? 0))).toBe(true)
  await nextIsPlanned(site)
}

/** What came of a check is known once the next one is planned. */
const nextIsPlanned = (site: Site) => expect.poll(() => vi.getTimerCount()).toBe(site.targets.length)

describe('active checks', () => {
  it('take a target out before any call has failed, and bring it back', async () => {
    using time = holdTime()
    await using site = await openSite(2, (urls) => declared(urls))
    const sick = targetOf(site, 0)
    sick.answer = say(500)
    await checkAll(site, time)
    expect(fit(site)).toEqual([false, true])
    expect(await site.get(4)).toEqual([200, 200, 200, 200])
    expect(sick.calls).toBe(0)
    sick.answer = sayOk
    await checkAll(site, time)
    expect(fit(site)).toEqual([true, true])
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
    using time = holdTime()
    await using site = await openSite(2, (urls) => declared(urls, { timeout: '50ms' }))
    for (const each of site.targets) each.answer = never
    time.pass(ROUND_MILLIS)
    await expect.poll(() => fit(site)).toEqual([false, false])
  })

  it('end with the declaration that asked for them, and with the gateway', async () => {
    using time = holdTime()
    await using site = await openSite(2, (urls) => declared(urls))
    await checkAll(site, time)
    const before = checks(site)
    site.declare(site.targets[0]?.url ?? '')
    expect(vi.getTimerCount()).toBe(0)
    site.declare(declared(site.targets.map(({ url }) => url)))
    await checkAll(site, time)
    expect(checks(site)).toEqual(before.map((count) => count + 1))
    site.front.pipeline.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('go on, with what they have found, when a revision leaves the upstream as it is', async () => {
    using time = holdTime()
    await using site = await openSite(2, (urls) => declared(urls))
    const sick = targetOf(site, 0)
    sick.answer = say(404)
    await checkAll(site, time)
    expect(fit(site)).toEqual([false, true])
    site.declare(declared(site.targets.map(({ url }) => url)))
    expect(fit(site)).toEqual([false, true])
    const before = sick.checks
    await checkAll(site, time)
    expect(sick.checks).toBeGreaterThan(before)
  })
})
