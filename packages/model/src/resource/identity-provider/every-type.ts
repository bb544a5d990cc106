import { jsonPointer } from '@portcullis/kernel/json-pointer'
import { name, z } from '@portcullis/kernel/schema'
import { OWN_CLAIMS } from '../../own-claim.ts'

/** A domain of mail addresses, in lower case. */
const mailDomain = z
  .string()
  .max(253)
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a domain of mail addresses in lower case, such as hmart.example')
const mailDomains = z.array(mailDomain).min(1).max(256)

const claimName = z
  .string()
  .min(1)
  .max(64)
  .refine((claim) => !OWN_CLAIMS.has(claim), 'a claim that our tokens do not have already')

const groupName = z.string().min(1).max(256)
const roles = z.array(z.string().min(1).max(256)).min(1).max(32)

/** What every identity provider has, whatever it speaks. */
export const everyType = {
  title: z.string().min(1).max(200),
  /** Nobody signs in there, and whoever did is signed out. */
  disabled: z.boolean().default(false),
  /** Whoever signs in with an address of these domains is asked there and nowhere else. */
  mailDomains: mailDomains.optional(),
  /** It decides whose mail addresses of these domains are: accounts with such an address are those of its users. */
  authoritativeFor: mailDomains.optional(),
  /** `create`: whoever signs in there for the first time gets an account. `linked`: only those who have one, and linked it. */
  accounts: z.enum(['create', 'linked']).default('create'),
  /** Which roles members of a group have. */
  roles: z.record(groupName, roles).default({}),
  /** Claims that our tokens carry on: the name that they have there, and where they are in what it says of the user; empty for all of that. */
  tokenClaims: z.record(claimName, z.union([z.literal(''), jsonPointer()])).default({}),
}

/** By its name: the secret that the vault holds. */
export const vaultSecret = () => name()

/** What a sign-out there ends here: the session with every token that it gave, or the session alone. */
export const signOutEnds = z.enum(['tokens', 'session']).default('tokens')
