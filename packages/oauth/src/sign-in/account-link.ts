import { createHash } from 'node:crypto'
import type { AccountLink } from '@portcullis/model/user/federated-user'

/** Under which a link is kept: nobody else of any provider has it. */
export function linkIdOf({
  provider,
  issuer,
  subject,
}: Pick<AccountLink, 'provider' | 'issuer' | 'subject'>): string {
  return createHash('sha256')
    .update(JSON.stringify([provider, issuer, subject]))
    .digest('base64url')
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'
const PREFIX_CHARACTERS = 32
const HASH_CHARACTERS = 26

/** The name of an account: of the provider, and 130 bits by which no two people of any provider share it. */
export function accountNameOf(link: Pick<AccountLink, 'provider' | 'issuer' | 'subject'>): string {
  const bytes = createHash('sha256')
    .update(`account ${linkIdOf(link)}`)
    .digest()
  const hash = [...bytes.subarray(0, HASH_CHARACTERS)].map((byte) => LETTERS[byte % LETTERS.length])
  const prefix = link.provider.slice(0, PREFIX_CHARACTERS).replace(/-+$/, '')
  return `${prefix}-${hash.join('')}`
}
