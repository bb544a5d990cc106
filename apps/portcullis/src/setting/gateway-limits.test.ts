import { forwarderLimits } from '@portcullis/gateway/forwarder'
import { listenerLimits } from '@portcullis/gateway/listener'
import { clientLimits } from '@portcullis/http1/client/client-limits'
import { serverLimits } from '@portcullis/http1/server/server-limit'
import { clientLimits as http2ClientLimits } from '@portcullis/http2/client/client-limits'
import { serverLimits as http2ServerLimits } from '@portcullis/http2/server/server-limit'
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

/** Names, whichever engine has them. */
const keysOf = ({ http2, ...limits }: { readonly http2: object }): string[] =>
  [...new Set([...Object.keys(limits), ...Object.keys(http2)])].toSorted()

describe('the limits of the gateway', () => {
  test('are by default those of the engine, every one of them', () => {
    const settings = readSettings({})
    expect(listenerLimitsOf(settings)).toEqual(listenerLimits)
    expect(forwarderLimitsOf(settings)).toEqual(forwarderLimits)
    // Of both engines: a limit that one has, and the gateway does not know, would be missing here.
    expect(keysOf(listenerLimits)).toEqual(keysOf({ ...http2ServerLimits, ...serverLimits, http2: {} }))
    const ofHttp2 = Object.keys(http2ClientLimits).filter((key) => key !== 'maxSessionsPerOrigin')
    expect(keysOf(forwarderLimits)).toEqual(
      [...new Set([...ofHttp2, ...keysOf({ ...clientLimits, http2: {} })])].toSorted(),
    )
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
