import { type ApiClient, openApiClient } from '@portcullis/api-client/client'
import { Fault } from '@portcullis/kernel/fault'
import type { Fetch } from '@portcullis/kernel/fetch'
import type { Secret } from '@portcullis/kernel/secret'
import type { Clock } from '@portcullis/ports/clock/port'
import { openAccessToken } from './access-token.ts'

/** Where the control plane is and who the gateway is to it. */
export interface ControlPlaneAddress {
  readonly url: string
  readonly tokenUrl: string
  readonly audience: string
  readonly clientId: string
  readonly clientSecret: Secret
}

/** Calls the control plane as the gateway, with a token that is renewed once when it is refused. */
export interface ControlPlane {
  call<T>(ask: (client: ApiClient) => Promise<T>): Promise<T>
  /** The client itself, for calls that last. */
  readonly client: ApiClient
  /** Forgets the present token if this was a refusal of it. */
  noteRefusal(thrown: unknown): boolean
}

const TIMEOUT_MILLIS = 10_000

export function openControlPlane(address: ControlPlaneAddress, clock: Clock, fetch: Fetch): ControlPlane {
  const access = openAccessToken({ ...address, scope: 'gateway.sync' }, clock, fetch)
  let used: string | undefined
  const client = openApiClient({
    url: address.url,
    timeoutMillis: TIMEOUT_MILLIS,
    fetch,
    token: async () => {
      used = await access.get()
      return used
    },
  })
  const noteRefusal = (thrown: unknown): boolean => {
    if (!(thrown instanceof Fault) || thrown.status !== 401 || used === undefined) return false
    access.forget(used)
    return true
  }
  return {
    client,
    noteRefusal,
    async call(ask) {
      try {
        return await ask(client)
      } catch (thrown) {
        if (!noteRefusal(thrown)) throw thrown
        return ask(client)
      }
    },
  }
}
