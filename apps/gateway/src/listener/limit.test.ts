import { clientLimits } from '@portcullis/http1/client/client-limits'
import { serverLimits } from '@portcullis/http1/server/server-limit'
import { clientLimits as http2ClientLimits } from '@portcullis/http2/client/client-limits'
import { serverLimits as http2ServerLimits } from '@portcullis/http2/server/server-limit'
import { expect, test } from 'vitest'
import { forwarderLimits } from '../forwarder/forwarder.ts'
import { listenerLimits } from './listener.ts'

const keysOf = (...limits: object[]): string[] => [...new Set(limits.flatMap(Object.keys))].toSorted()

/** What an engine has and the gateway does not know could not be set. */
test('the gateway knows every limit of both servers', () => {
  const { http2, ...http1 } = listenerLimits
  expect(keysOf(http1, http2)).toEqual(keysOf(serverLimits, http2ServerLimits))
})

test('the gateway knows every limit of both clients', () => {
  const { http2, ...http1 } = forwarderLimits
  const { maxSessionsPerOrigin, ...others } = http2ClientLimits
  expect(keysOf(http1, http2)).toEqual(keysOf(clientLimits, others))
  expect(maxSessionsPerOrigin, 'follows maxConnectionsPerOrigin').toBeDefined()
})
