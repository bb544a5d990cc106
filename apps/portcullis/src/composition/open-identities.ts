import type { ControlPlaneAddress } from '@portcullis/gateway/control-plane/control-plane'
import type { UserIdentities } from '@portcullis/gateway/control-plane/user-identities'
import type { Fetch } from '@portcullis/kernel/fetch'
import type { LdapIdentities } from '@portcullis/ldap/ldap-identities'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Identities } from '@portcullis/ports/identities/port'

/** Whoever knows somebody: directories, and the control plane for an organization's own users. */
export function openIdentities(
  directories: Pick<LdapIdentities, 'verify'>,
  controlPlane: ControlPlaneAddress,
  clock: Clock,
  fetch: Fetch,
): Identities {
  let users: Promise<UserIdentities> | undefined

  // Loaded where it is asked first: most gateways have nobody call with a password, and threads are kept small.
  async function openUsers(): Promise<UserIdentities> {
    const { openUserIdentities } = await import('@portcullis/gateway/control-plane/user-identities')
    return openUserIdentities(controlPlane, clock, fetch)
  }

  return {
    async verify(source, name, password, address) {
      if (source.kind === 'ldap') return directories.verify(source, name, password)
      users ??= openUsers()
      return (await users).verify(source, name, password, address)
    },
  }
}
