import { approvedToken } from './approved-token/approved-token.ts'
import type { OwnGrant } from './grant.ts'
import { jwtBearer } from './jwt-bearer/jwt-bearer.ts'
import { password } from './password/password.ts'
import { samlBearer } from './saml-bearer/saml-bearer.ts'
import { scopeRequest } from './scope-request/scope-request.ts'
import { tokenExchange } from './token-exchange/token-exchange.ts'

export const ownGrants: readonly OwnGrant[] = [
  tokenExchange,
  jwtBearer,
  samlBearer,
  password,
  approvedToken,
  scopeRequest,
]
