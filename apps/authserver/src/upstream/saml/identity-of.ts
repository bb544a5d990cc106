import type { SamlProviderSpec } from '@portcullis/model/resource/identity-provider/saml'
import type { NameId, VerifiedAssertion } from '@portcullis/ports/assertions/port'
import { upstreamFaults } from '../fault.ts'
import type { UpstreamIdentity } from '../upstream.ts'

const MOST_GROUPS = 1_000
const MOST_CHARACTERS = 254
const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'

/** Who an assertion speaks of, as the declaration says that it tells. */
export function identityOf(spec: SamlProviderSpec, said: VerifiedAssertion): UpstreamIdentity {
  const { attributes: names, multiFactorContext } = spec
  const values = (name: string): string[] => (said.attributes[name] ?? []).filter(isShort)
  const name = values(names.name)[0]
  const address = values(names.mail)[0]
  const { authentication } = said
  return {
    issuer: spec.issuer,
    subject: names.subject === undefined ? nameOf(said.subject) : only(values(names.subject)),
    ...(name !== undefined && { name }),
    ...(address !== undefined && { mail: { address, verified: spec.mailVerified } }),
    groups: values(names.groups).slice(0, MOST_GROUPS),
    claims: said.attributes,
    multiFactor: multiFactorContext !== undefined && authentication?.contextClass === multiFactorContext,
    ...(authentication !== undefined && { authenticatedAt: Math.floor(authentication.at / 1000) }),
    session: {
      ...(authentication?.sessionIndex !== undefined && { id: authentication.sessionIndex }),
      name: nameKeyOf(said.subject),
      hint: JSON.stringify(said.subject),
    },
  }
}

/** A name that changes with each sign-in names nobody. */
function nameOf(name: NameId): string {
  if (name.format === TRANSIENT)
    throw refused('the NameID is transient, and no attribute is named as subject')
  return only([nameKeyOf(name)].filter(isShort))
}

/** With its qualifiers a name is one person's (SAML Core §8.3.7). */
export function nameKeyOf({ value, nameQualifier, spNameQualifier }: NameId): string {
  return [value, nameQualifier, spNameQualifier].filter((part) => part !== undefined && part !== '').join('!')
}

function only([subject, ...others]: readonly string[]): string {
  if (subject === undefined || others.length > 0)
    throw refused('there is not one subject of 1 to 254 characters')
  return subject
}

function isShort(text: string): boolean {
  return text !== '' && text.length <= MOST_CHARACTERS
}

function refused(internal: string) {
  return upstreamFaults.refused({ internal })
}
