import type { CertificateFolder } from '@portcullis/certificate/read-certificates'
import { defineFaults } from '@portcullis/kernel/fault'
import { httpUrl } from '@portcullis/kernel/schema'
import { checkLifetimes, defaultLifetimes, type Lifetimes } from '@portcullis/oauth/lifetime'
import { countSignInsWith, signInWith } from '@portcullis/oauth/sign-in/sign-in'
import { type CustomRules, noCustomRules } from '@portcullis/oauth/token-rules/custom-rules'
import type { Assertions } from '@portcullis/ports/assertions/port'
import type { Breaches } from '@portcullis/ports/breaches/port'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters } from '@portcullis/ports/counters/port'
import type { Countries } from '@portcullis/ports/countries/port'
import type { Events } from '@portcullis/ports/events/port'
import type { Identities } from '@portcullis/ports/identities/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Mail } from '@portcullis/ports/mail/port'
import type { Risk } from '@portcullis/ports/risk/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import type { Signer } from '@portcullis/ports/signer/port'
import type { Store } from '@portcullis/ports/store/port'
import type { Vault } from '@portcullis/ports/vault/port'
import type { Web } from '@portcullis/ports/web/port'
import { tellDue } from './approval-notice/tell-approvals.ts'
import { deliverDue } from './delivery/deliver-due.ts'
import { deviceGuessesWith } from './device-guess.ts'
import { everyMillis } from './every-millis.ts'
import type { BelievesCertificates } from './mutual-tls/caller-certificate.ts'
import type { MutualTls } from './mutual-tls/mutual-tls.ts'
import { openDoors } from './mutual-tls/open-doors.ts'
import { outboundRequests } from './provider/outbound.ts'
import { openAuthenticatorApps } from './second-factor/app/authenticator-apps.ts'
import { Tenants } from './tenant.ts'
import { openDecisionRecorder } from './token-rules/decision-recorder.ts'

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
  /** Keeps what was decided about token requests. */
  readonly events: Pick<Events, 'append'>
  /** What token rules may ask. */
  readonly countries: Countries
  /** Without an engine nobody can say: a condition that asks has no answer. */
  readonly risk?: Risk | undefined
  /** Makes the keys of tokens and signs with them; this server itself when absent. */
  readonly signer?: Signer | undefined
  /** Rules that operators wrote in TypeScript; none when absent. */
  readonly customRules?: CustomRules
  /** What is sent by mail is not offered without it. */
  readonly mail?: Mail | undefined
  /** Refuse passwords that others lost. */
  readonly breaches: Breaches
  readonly log: Log
  /** How identity providers are asked. */
  readonly web: Web
  readonly identities: Identities
  /** What we prove to them who we are with. */
  readonly vault: Vault
  /** What issuers of SAML say of users. */
  readonly assertions: Assertions
  /** One proxy stands in front and appends the caller's address to X-Forwarded-For. */
  readonly trustProxy?: boolean
  /** Apps may name addresses of private networks (keys, where they are told of sign-outs), and http on this machine. */
  readonly reachPrivate?: boolean
  readonly lifetimes?: Lifetimes
  /** How long a key signs tokens before the next one does; 30 days when absent. */
  readonly signingKeySeconds?: number
  /** Makes it speak TLS, and nothing else, with the certificates of this folder. */
  readonly certificates?: CertificateFolder | undefined
  /** A second port, which asks for certificates of apps (RFC 8705); for it `certificates` are needed. */
  readonly mutualTls?: { readonly port: number; readonly url?: string | undefined } | undefined
  /** Whose `Client-Cert` fields (RFC 9440) are believed, and the authorities (PEM) by which those are judged. */
  readonly handedOn?:
    | { readonly believes: BelievesCertificates; readonly authorities?: string | undefined }
    | undefined
  /** How often the folder of certificates is looked at. */
  readonly certificatePollMillis?: number
  /** How often it is looked for what users and apps are to be told or brought; a second when absent. */
  readonly lookMillis?: number
}

export interface Authserver {
  /** Without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Where apps are asked for certificates, if anywhere: as `url`. */
  readonly mutualTlsUrl: string | undefined
  /** Stops listening and lets requests that are under way come to their end. */
  close(): Promise<void>
}

const SIGNING_KEY_SECONDS = 30 * 86_400
const CERTIFICATE_POLL_MILLIS = 2_000
const LOOK_MILLIS = 1_000

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
  const { listen, store, secrets, clock, counters, mail, breaches, log, trustProxy = false } = options
  const lifetimes = checkLifetimes(options.lifetimes ?? defaultLifetimes)
  const given = options.url === undefined ? undefined : publicUrl(options.url)
  const running: { baseUrl?: URL; mutualTlsUrl?: URL; tenants?: Tenants } = {}
  const authenticatorApps = openAuthenticatorApps({ store, secrets, clock, counters })
  const trySignIn = signInWith(store, counters)
  const recorder = openDecisionRecorder(options.events, log)
  const { mutualTls, handedOn, certificates } = options
  const doors = await openDoors(
    {
      ...listen,
      mutualTlsPort: mutualTls?.port,
      certificates,
      clock,
      log,
      pollMillis: options.certificatePollMillis ?? CERTIFICATE_POLL_MILLIS,
    },
    (asksForCertificates) => ({
      ports: {
        store,
        clock,
        counters,
        log,
        mail,
        breaches,
        web: options.web,
        vault: options.vault,
        trySignIn,
        countSignIn: countSignInsWith(counters),
        authenticatorApps,
      },
      trustProxy,
      believesCertificates: handedOn?.believes ?? (() => false),
      baseUrl: () => started(asksForCertificates ? running.mutualTlsUrl : running.baseUrl),
      tenantOf: (organization) => started(running.tenants).get(organization),
    }),
  )
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  const scheme = certificates === undefined ? 'http' : 'https'
  const baseUrl = given ?? new URL(`${scheme}://${host}:${doors.port}`)
  running.baseUrl = baseUrl
  if (doors.mutualTlsPort !== undefined) {
    const origin = mutualTls?.url ?? `https://${host}:${doors.mutualTlsPort}`
    running.mutualTlsUrl = new URL(baseUrl.pathname, publicUrl(origin))
  }
  running.tenants = new Tenants(
    {
      store,
      secrets,
      signer: options.signer,
      clock,
      log,
      trySignIn,
      countDeviceGuess: deviceGuessesWith(counters),
      web: options.web,
      identities: options.identities,
      vault: options.vault,
      assertions: options.assertions,
      counters,
      mail,
      outbound: outboundRequests(options.reachPrivate ?? false),
      mutualTls: mutualTlsOf(running.mutualTlsUrl, handedOn),
      rules: {
        recorder,
        countries: options.countries,
        risk: options.risk,
        custom: options.customRules ?? noCustomRules,
      },
    },
    baseUrl,
    lifetimes,
    options.signingKeySeconds ?? SIGNING_KEY_SECONDS,
  )
  const { tenants } = running
  const { web, vault } = options
  const due = {
    store,
    secrets,
    clock,
    log,
    mail,
    web,
    vault,
    tenantOf: (organization: string) => tenants.get(organization),
  }
  const period = options.lookMillis ?? LOOK_MILLIS
  const telling = everyMillis(period, log, 'people and apps are told of approvals', () => tellDue(due))
  const delivering = everyMillis(period, log, 'apps are brought their tokens', () => deliverDue(due))
  return {
    url: baseUrl.href.replace(/\/$/, ''),
    mutualTlsUrl: running.mutualTlsUrl?.href.replace(/\/$/, ''),
    port: doors.port,
    close: async () => {
      await doors.close()
      await telling.stop()
      await delivering.stop()
      await recorder.flush()
    },
  }
}

function mutualTlsOf(url: URL | undefined, handedOn: AuthserverOptions['handedOn']): MutualTls | undefined {
  if (url === undefined && handedOn === undefined) return undefined
  const authorities = handedOn?.authorities
  return {
    ...(url !== undefined && { url: new URL(url.origin) }),
    ...(authorities !== undefined && { authorities }),
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
