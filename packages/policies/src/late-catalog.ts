import type { LateCatalog, LatePolicy } from '@portcullis/policy-kit/late-catalog'
import { anyPolicy, type Policy, type Ports } from '@portcullis/policy-kit/policy'

/**
 * Every policy there is, one a line, each loaded where it is needed. The order is for reading; that of a call is decided by
 * the phases.
 */
export const lateCatalog: LateCatalog = [
  late('ip-filter', () => import('./ip-filter/policy.ts').then(({ ipFilter }) => ipFilter)),
  late('country', () => import('./country/policy.ts').then(({ country }) => country)),
  late('bot-agent', () => import('./bot-agent/policy.ts').then(({ botAgent }) => botAgent)),
  late('time-window', () => import('./time-window/policy.ts').then(({ timeWindow }) => timeWindow)),
  late('maintenance', () => import('./maintenance/policy.ts').then(({ maintenance }) => maintenance)),
  late('size-limit', () => import('./size-limit/policy.ts').then(({ sizeLimit }) => sizeLimit)),
  late('websocket', () => import('./websocket/policy.ts').then(({ websocket }) => websocket)),
  late('cors', () => import('./cors/policy.ts').then(({ cors }) => cors)),
  late('csrf', () => import('./csrf/policy.ts').then(({ csrf }) => csrf)),
  late('mtls', () => import('./mtls/policy.ts').then(({ mtls }) => mtls)),
  always('jwt', () => import('./jwt/policy.ts').then(({ jwt }) => jwt)),
  always('api-key', () => import('./api-key/policy.ts').then(({ apiKey }) => apiKey)),
  late('introspection', () => import('./introspection/policy.ts').then(({ introspection }) => introspection)),
  late('basic', () => import('./basic/policy.ts').then(({ basic }) => basic)),
  late('ldap', () => import('./ldap/policy.ts').then(({ ldap }) => ldap)),
  always('scope', () => import('./scope/policy.ts').then(({ scope }) => scope)),
  always('audience', () => import('./audience/policy.ts').then(({ audience }) => audience)),
  late('client-id', () => import('./client-id/policy.ts').then(({ clientId }) => clientId)),
  late('role', () => import('./role/policy.ts').then(({ role }) => role)),
  late('risk', () => import('./risk/policy.ts').then(({ risk }) => risk)),
  late('acr', () => import('./acr/policy.ts').then(({ acr }) => acr)),
  always('subscription', () => import('./subscription/policy.ts').then(({ subscription }) => subscription)),
  always('authorize', () => import('./authorize/policy.ts').then(({ authorize }) => authorize)),
  late('spike-arrest', () => import('./spike-arrest/policy.ts').then(({ spikeArrest }) => spikeArrest)),
  late('decision-point', () =>
    import('./decision-point/policy.ts').then(({ decisionPoint }) => decisionPoint),
  ),
  late('rate-limit', () => import('./rate-limit/policy.ts').then(({ rateLimit }) => rateLimit)),
  late('throttle', () => import('./throttle/policy.ts').then(({ throttle }) => throttle)),
  late('concurrency', () => import('./concurrency/policy.ts').then(({ concurrency }) => concurrency)),
  late('quota', () => import('./quota/policy.ts').then(({ quota }) => quota)),
  late('headers', () => import('./headers/policy.ts').then(({ headers }) => headers)),
  late('identity-headers', () =>
    import('./identity-headers/policy.ts').then(({ identityHeaders }) => identityHeaders),
  ),
  late('identity-token', () =>
    import('./identity-token/policy.ts').then(({ identityToken }) => identityToken),
  ),
  late('backend-auth', () => import('./backend-auth/policy.ts').then(({ backendAuth }) => backendAuth)),
  late('redirect', () => import('./redirect/policy.ts').then(({ redirect }) => redirect)),
  late('authzen', () => import('./authzen/policy.ts').then(({ authzen }) => authzen)),
  late('mock', () => import('./mock/policy.ts').then(({ mock }) => mock)),
  late('cache', () => import('./cache/policy.ts').then(({ cache }) => cache)),
  late('timeouts', () => import('./timeouts/policy.ts').then(({ timeouts }) => timeouts)),
  late('standing', () => import('./standing/policy.ts').then(({ standing }) => standing)),
  late('saml-assertion', () =>
    import('./saml-assertion/policy.ts').then(({ samlAssertion }) => samlAssertion),
  ),
  late('ws-security', () => import('./ws-security/policy.ts').then(({ wsSecurity }) => wsSecurity)),
]

/** One that runs where it is attached. */
function late<Config, Facts, Needs extends keyof Ports>(
  id: string,
  load: () => Promise<Policy<Config, Facts, Needs>>,
): LatePolicy {
  return { id, isAlwaysNeeded: false, load: async () => anyPolicy(await load()) }
}

/** One that also runs where contracts and plans alone demand it. */
function always<Config, Facts, Needs extends keyof Ports>(
  id: string,
  load: () => Promise<Policy<Config, Facts, Needs>>,
): LatePolicy {
  return { ...late(id, load), isAlwaysNeeded: true }
}
