import { duration, httpUrl, z } from '@portcullis/kernel/schema'
import { isLoopback } from '../../loopback.ts'
import { textFile } from '../text-file.ts'
import { everyType, signOutEnds, vaultSecret } from './every-type.ts'

const text = () => z.string().min(1).max(1024)
const attribute = () => z.string().min(1).max(256)
const certificate = z
  .string()
  .max(16_384)
  .refine((pem) => pem.trimStart().startsWith('-----BEGIN CERTIFICATE-----'), 'a certificate in PEM')

/** A key of ours in the vault (PKCS #8, PEM), and its certificate, which the provider is shown in our metadata. */
const keyPair = z.strictObject({ key: vaultSecret(), certificate })

/** Where browsers are sent, and how what we say gets there: in the URL, or in a form (SAML Bindings §3.4, §3.5). */
const endpoint = z.strictObject({ binding: z.enum(['redirect', 'post']).default('redirect'), url: httpUrl() })

const certificates = z.array(certificate).min(1).max(8)

const metadataUrl = httpUrl().refine((text) => {
  const url = URL.parse(text)
  return url === null || url.protocol === 'https:' || isLoopback(url)
}, 'https: whoever is between could name other keys')

/**
 * What the provider tells of itself (SAML Metadata §2.4.3): its certificates, and where sign-ins and sign-outs begin. At an URL,
 * fetched again and again, or in a file. With `certificates` the document itself must be signed by one of them.
 */
const metadata = z.union([
  z.strictObject({
    url: metadataUrl,
    certificates: certificates.optional(),
    /** Sooner where the document says so. */
    every: duration().default('1h'),
    /** While it can't be fetched the last good one counts, for this long at most, and never beyond its `validUntil`. */
    staleAfter: duration().default('7d'),
  }),
  z.strictObject({ ...textFile('.xml', 262_144), certificates: certificates.optional() }),
])

/** A SAML 2.0 identity provider: we are its service provider (SAML Profiles §4.1). */
const declaredProvider = z.strictObject({
  type: z.literal('saml'),
  ...everyType,
  /** Its entity ID, exactly as its messages say it. */
  issuer: text(),
  /** What we are called there; the address at which its answers come when absent. */
  entityId: text().optional(),
  /** In place of `certificates`, `signIn` and `signOut`. */
  metadata: metadata.optional(),
  /** By which it signs; several while it changes from one to the next. Keys in its messages count for nothing. */
  certificates: certificates.optional(),
  signIn: endpoint.optional(),
  /** Where sign-outs go (SAML Profiles §4.4). Without it, or without `signingKey`, each side keeps its own sessions. */
  signOut: endpoint.extend({ responseUrl: httpUrl().optional() }).optional(),
  signOutEnds,
  /** With which our requests are signed; unsigned when absent. */
  signingKey: keyPair.optional(),
  /** To which it encrypts what it says of users; the old ones too while it changes. */
  decryptionKeys: z.array(keyPair).max(4).default([]),
  /** Take assertions alone that are encrypted to us. */
  encrypted: z.boolean().default(false),
  /** Take answers alone that are signed as a whole; where not, a signed assertion is enough. */
  signedResponses: z.boolean().default(false),
  /** The kind of name that is asked for. One that changes with each sign-in names nobody. */
  nameIdFormat: text()
    .refine((format) => !format.endsWith(':transient'), 'a kind of name that stays the same')
    .optional(),
  /** What it calls a sign-in with more than a password (`AuthnContextClassRef`). Without it our own second factor is asked for. */
  multiFactorContext: text().optional(),
  /**
   * Where browsers go that come with an answer to no request of ours, as from a list of apps there: an app's page that
   * begins a sign-in. What they brought counts for nothing. They are refused when absent.
   */
  unasked: httpUrl().optional(),
  /** Apps that may use the grant `saml_bearer` get tokens for whom its assertions name, as if they had signed in here. */
  vouchesForUsers: z.boolean().default(false),
  /** Apps that say so (`assertedBy`) prove who they are by its assertions: whoever it calls as an app is called is that app. */
  vouchesForApps: z.boolean().default(false),
  /** The attributes that tell of users. */
  attributes: z
    .strictObject({
      /** Who it is, for ever; `NameID` when absent. */
      subject: attribute().optional(),
      name: attribute().default('displayName'),
      mail: attribute().default('mail'),
      groups: attribute().default('groups'),
    })
    .prefault({}),
  /** It tells no addresses but those that it has verified. */
  mailVerified: z.boolean().default(false),
})

export const samlProvider = declaredProvider.refine(
  ({ metadata: told, certificates: keys, signIn, signOut }) =>
    told === undefined
      ? keys !== undefined && signIn !== undefined
      : keys === undefined && signIn === undefined && signOut === undefined,
  'either metadata, or certificates and signIn',
)
export type SamlProviderSpec = z.infer<typeof samlProvider>
