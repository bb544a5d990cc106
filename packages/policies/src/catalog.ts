import { anyPolicy, type Catalog } from '@portcullis/policy-kit/policy'
import { cors } from './cors/policy.ts'
import { headers } from './headers/policy.ts'
import { ipFilter } from './ip-filter/policy.ts'
import { jwt } from './jwt/policy.ts'
import { rateLimit } from './rate-limit/policy.ts'
import { scope } from './scope/policy.ts'
import { subscription } from './subscription/policy.ts'

/** Every policy there is, one a line. The order is for reading; that of a call is decided by the phases. */
export const catalog: Catalog = [
  anyPolicy(ipFilter),
  anyPolicy(cors),
  anyPolicy(jwt),
  anyPolicy(scope),
  anyPolicy(subscription),
  anyPolicy(rateLimit),
  anyPolicy(headers),
]
