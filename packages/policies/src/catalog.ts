import { anyPolicy, type Catalog } from '@portcullis/policy-kit/policy'
import { acr } from './acr/policy.ts'
import { apiKey } from './api-key/policy.ts'
import { audience } from './audience/policy.ts'
import { authorize } from './authorize/policy.ts'
import { authzen } from './authzen/policy.ts'
import { backendAuth } from './backend-auth/policy.ts'
import { basic } from './basic/policy.ts'
import { botAgent } from './bot-agent/policy.ts'
import { cache } from './cache/policy.ts'
import { clientId } from './client-id/policy.ts'
import { concurrency } from './concurrency/policy.ts'
import { cors } from './cors/policy.ts'
import { country } from './country/policy.ts'
import { csrf } from './csrf/policy.ts'
import { decisionPoint } from './decision-point/policy.ts'
import { headers } from './headers/policy.ts'
import { identityHeaders } from './identity-headers/policy.ts'
import { identityToken } from './identity-token/policy.ts'
import { introspection } from './introspection/policy.ts'
import { ipFilter } from './ip-filter/policy.ts'
import { jwt } from './jwt/policy.ts'
import { ldap } from './ldap/policy.ts'
import { maintenance } from './maintenance/policy.ts'
import { mock } from './mock/policy.ts'
import { mtls } from './mtls/policy.ts'
import { quota } from './quota/policy.ts'
import { rateLimit } from './rate-limit/policy.ts'
import { redirect } from './redirect/policy.ts'
import { risk } from './risk/policy.ts'
import { role } from './role/policy.ts'
import { samlAssertion } from './saml-assertion/policy.ts'
import { scope } from './scope/policy.ts'
import { sizeLimit } from './size-limit/policy.ts'
import { spikeArrest } from './spike-arrest/policy.ts'
import { standing } from './standing/policy.ts'
import { subscription } from './subscription/policy.ts'
import { throttle } from './throttle/policy.ts'
import { timeWindow } from './time-window/policy.ts'
import { timeouts } from './timeouts/policy.ts'
import { websocket } from './websocket/policy.ts'
import { wsSecurity } from './ws-security/policy.ts'

/** Every policy there is, one a line. The order is for reading; that of a call is decided by the phases. */
export const catalog: Catalog = [
  anyPolicy(ipFilter),
  anyPolicy(country),
  anyPolicy(botAgent),
  anyPolicy(timeWindow),
  anyPolicy(maintenance),
  anyPolicy(sizeLimit),
  anyPolicy(websocket),
  anyPolicy(cors),
  anyPolicy(csrf),
  anyPolicy(mtls),
  anyPolicy(jwt),
  anyPolicy(apiKey),
  anyPolicy(introspection),
  anyPolicy(basic),
  anyPolicy(ldap),
  anyPolicy(scope),
  anyPolicy(audience),
  anyPolicy(clientId),
  anyPolicy(role),
  anyPolicy(risk),
  anyPolicy(acr),
  anyPolicy(subscription),
  anyPolicy(authorize),
  anyPolicy(spikeArrest),
  anyPolicy(decisionPoint),
  anyPolicy(rateLimit),
  anyPolicy(throttle),
  anyPolicy(concurrency),
  anyPolicy(quota),
  anyPolicy(headers),
  anyPolicy(identityHeaders),
  anyPolicy(identityToken),
  anyPolicy(backendAuth),
  anyPolicy(redirect),
  anyPolicy(authzen),
  anyPolicy(mock),
  anyPolicy(cache),
  anyPolicy(timeouts),
  anyPolicy(standing),
  anyPolicy(samlAssertion),
  anyPolicy(wsSecurity),
]
