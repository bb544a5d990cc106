import { forwarderLimits } from '@portcullis/gateway/forwarder/forwarder'
import { listenerLimits } from '@portcullis/gateway/listener/listener'
import { describe, expect, test } from 'vitest'
import { forwarderLimitsOf, listenerLimitsOf } from './gateway-limits.ts'
import { limitSettings } from './limit-settings.ts'
import { readSettings } from './read-settings.ts'
import { environmentName } from './setting.ts'

/** Those of HTTP/2 beside the others. */
function named(side: string, { http2, ...limits }: { readonly http2: object }): [string, unknown][] {
  const own = Object.entries(limits).map(([key, value]): [string, unknown] => [`${side} ${key}`, value])
  return [
    ...own,
    ...Object.entries(http2).map(([key, value]): [string, unknown] => [`${side} http2 ${key}`, value]),
  ]
}

describe('the limits of the gateway', () => {
  test('are by default those of the engine, every one of them', () => {
    const settings = readSettings({})
    expect(listenerLimitsOf(settings)).toEqual(listenerLimits)
    expect(forwarderLimitsOf(settings)).toEqual(forwarderLimits)
  })

  test('are each changed by their own setting, and by no other', () => {
    const limitsOf = (environment: Record<string, string>) => {
      const settings = readSettings(environment)
      const listener = named('gateway', listenerLimitsOf(settings))
      const forwarder = named('upstream', forwarderLimitsOf(settings))
      return new Map([...listener, ...forwarder])
    }
    const before = limitsOf({})
    const touched = Object.entries(limitSettings).flatMap(([name, { default: text = '' }]) => {
      const after = limitsOf({ [environmentName(name)]: /s$/.test(text) ? '7s' : '7' })
      const changed = [...after].filter(([key, value]) => before.get(key) !== value)
      expect([name, changed]).toEqual([name, [[expect.anything(), /s$/.test(text) ? 7_000 : 7]]])
      return changed.map(([key]) => key)
    })
    // A limit that the engine has, and no setting, would be missing here.
    expect(touched.toSorted()).toEqual([...before.keys()].toSorted())
  })
})
