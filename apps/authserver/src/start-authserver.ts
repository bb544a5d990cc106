import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { defineFaults } from '@portcullis/kernel/fault'
import { httpUrl } from '@portcullis/kernel/schema'
import { checkLifetimes, defaultLifetimes, type Lifetimes } from '@portcullis/oauth/lifetime'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters } from '@portcullis/ports/counters/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Mail } from '@portcullis/ports/mail/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import type { Store } from '@portcullis/ports/store/port'
import { createListener } from './listener.ts'
import { outboundRequests } from './provider/outbound.ts'
import { openSecondFactors } from './second-factor/second-factors.ts'
import { deviceGuessesWith, signInWith } from './sign-in.ts'
import { Tenants } from './tenant.ts'

export interface AuthserverOptions {
  /** Port 0 takes any that is free. */
  readonly listen: { readonly host: string; readonly port: number }
  /** Where callers find it. An organization's issuer is `<url>/<organization>`. The address it listens on when absent. */
  readonly url?: string
  readonly store: Store
  readonly secrets: Secrets
  readonly clock: Clock
  /** Limits attempts to sign in. */
  readonly counters: Counters
  /** What is sent by mail is not offered without it. */
  readonly mail?: Mail | undefined
  readonly log: Log
  /** One proxy stands in front and appends the caller's address to X-Forwarded-For. */
  readonly trustProxy?: boolean
  /** Apps may name addresses of private networks (keys, where they are told of sign-outs), and http on this machine. */
  readonly reachPrivate?: boolean
  readonly lifetimes?: Lifetimes
  /** How long a key signs tokens before the next one does; 30 days when absent. */
  readonly signingKeySeconds?: number
}

export interface Authserver {
  /** Without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Stops listening and lets requests that are under way come to their end. */
  close(): Promise<void>
}

/** Requests under way get this long when closing. */
const GRACE_MILLIS = 3000
const SIGNING_KEY_SECONDS = 30 * 86_400

export const startFaults = defineFaults('authserver-start', {
  'bad-url': {
    status: 400,
    title: 'The URL of the authorization server cannot be used',
    remedy: 'Give an absolute http:// or https:// URL without user, query or fragment.',
  },
})

/**
 * Serves the authorization servers of all organizations. Faults: `lifetimes.contradictory`,
 * `authserver-start.bad-url`; rejects with the system's error when it can't listen.
 */
export async function startAuthserver(options: AuthserverOptions): Promise<Authserver> {
  const { listen, store, secrets, clock, counters, log, trustProxy = false } = options
  const lifetimes = checkLifetimes(options.lifetimes ?? defaultLifetimes)
  const given = options.url === undefined ? undefined : publicUrl(options.url)
  const running: { baseUrl?: URL; tenants?: Tenants } = {}
  const secondFactors = openSecondFactors({ store, secrets, clock, counters })
  const trySignIn = signInWith(store, counters)
  const server = createListener({
    ports: { store, clock, log, trySignIn, secondFactors },
    trustProxy,
    baseUrl: () => started(running.baseUrl),
    tenantOf: (organization) => started(running.tenants).get(organization),
  })
  server.listen(listen)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  const baseUrl = given ?? new URL(`http://${host}:${port}`)
  running.baseUrl = baseUrl
  running.tenants = new Tenants(
    {
      store,
      secrets,
      clock,
      log,
      secondFactors,
      trySignIn,
      countDeviceGuess: deviceGuessesWith(counters),
      outbound: outboundRequests(options.reachPrivate ?? false),
    },
    baseUrl,
    lifetimes,
    options.signingKeySeconds ?? SIGNING_KEY_SECONDS,
  )
  return {
    url: baseUrl.href.replace(/\/$/, ''),
    port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      const grace = setTimeout(() => server.closeAllConnections(), GRACE_MILLIS)
      await closed
      clearTimeout(grace)
    },
  }
}

function publicUrl(url: string): URL {
  if (!httpUrl().safeParse(url).success) throw startFaults['bad-url']({ detail: `"${url.slice(0, 100)}"` })
  return new URL(url)
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('a request came before the server had started')
  return part
}
