import type { LdapProviderSpec } from '@portcullis/model/resource/identity-provider/ldap'
import { type Identity, identitiesFaults } from '@portcullis/ports/identities/port'
import type { UpstreamPorts } from '../catalog.ts'
import { upstreamFaults } from '../fault.ts'
import type { PasswordUpstream, UpstreamIdentity } from '../upstream.ts'
import { directoryOf, nameAttribute } from './directory-of.ts'

/**
 * Asks a directory by signing in there as the user. One that is disabled or locked there, or whose password has expired, is
 * refused by the directory itself (in Active Directory by a bind that fails), and looks like a wrong password here.
 */
export function openLdapUpstream(
  spec: LdapProviderSpec,
  ports: Pick<UpstreamPorts, 'identities' | 'vault'>,
): PasswordUpstream {
  return {
    by: 'password',
    async verify(name, password) {
      try {
        // The secret is read each time: one that was exchanged counts at once.
        const directory = directoryOf(spec, ports.vault)
        const asked = withoutDomain(name, spec.domain)
        // Attempts were counted before: a directory does not ask from where.
        const identity = await ports.identities.verify(directory, asked, password, '')
        return identity && describe(spec, identity)
      } catch (thrown) {
        if (!identitiesFaults.unavailable.is(thrown)) throw thrown
        throw upstreamFaults.unavailable({ internal: thrown.message, cause: thrown })
      }
    },
  }
}

function describe(spec: LdapProviderSpec, { subject, groups, attributes }: Identity): UpstreamIdentity {
  const name = first(attributes[nameAttribute(spec)])
  const mail = first(attributes[spec.mail])
  return {
    issuer: `ldap:${spec.people.base.toLowerCase()}`,
    subject,
    ...(name !== undefined && { name }),
    ...(mail !== undefined && { mail: { address: mail, verified: spec.mailVerified } }),
    groups,
    claims: attributes,
    multiFactor: false,
  }
}

/** `HMART\ada` is `ada`, where that is the domain; of another domain it is nobody. */
function withoutDomain(name: string, domain: string | undefined): string {
  const prefix = `${domain}\\`
  const isOurs = domain !== undefined && name.toLowerCase().startsWith(prefix.toLowerCase())
  return isOurs ? name.slice(prefix.length) : name
}

function first(values: string | readonly string[] | undefined): string | undefined {
  return typeof values === 'string' ? values : values?.[0]
}
