import { anyPolicy, type Catalog } from '@portcullis/policy-kit/policy'
import { jwt } from './jwt/policy.ts'
import { scope } from './scope/policy.ts'
import { subscription } from './subscription/policy.ts'

/** Every policy there is. The order is for reading; that of a call is decided by the phases. */
export const catalog: Catalog = [anyPolicy(jwt), anyPolicy(scope), anyPolicy(subscription)]
