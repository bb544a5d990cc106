import type { OwnGrant } from './grant.ts'
import { tokenExchange } from './token-exchange/token-exchange.ts'

export const ownGrants: readonly OwnGrant[] = [tokenExchange]
