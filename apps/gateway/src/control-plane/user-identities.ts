import type { PasswordAnswer } from '@portcullis/api-client/route/gateway'
import type { Fetch } from '@portcullis/kernel/fetch'
import type { Secret } from '@portcullis/kernel/secret'
import type { Clock } from '@portcullis/ports/clock/port'
import { type Identity, identitiesFaults, type OwnUsers } from '@portcullis/ports/identities/port'
import { type ControlPlane, type ControlPlaneAddress, openControlPlane } from './control-plane.ts'

/** Each question costs the control plane 50 ms of a core: more than these would only wait for each other. */
const MAX_ASKED_AT_ONCE = 16
/** Longer ones are nobody's, and are not sent. */
const MAX_NAME_CHARACTERS = 256
const MAX_PASSWORD_CHARACTERS = 1_024

/** Identities of an organization's own users alone. */
export interface UserIdentities {
  verify(users: OwnUsers, name: string, password: Secret, address: string): Promise<Identity | undefined>
}

/** Asks the control plane, as the gateway. Passwords are hashed there, in none of the threads that take calls. */
export function openUserIdentities(address: ControlPlaneAddress, clock: Clock, fetch: Fetch): UserIdentities {
  return userIdentitiesOf(openControlPlane(address, clock, fetch))
}

export function userIdentitiesOf(controlPlane: Pick<ControlPlane, 'call'>): UserIdentities {
  let asked = 0

  async function ask(body: Parameters<typeof checked>[1]): Promise<PasswordAnswer> {
    if (asked >= MAX_ASKED_AT_ONCE) {
      throw identitiesFaults.unavailable({ internal: `${asked} passwords are being checked already` })
    }
    asked++
    try {
      return await checked(controlPlane, body)
    } catch (cause) {
      throw identitiesFaults.unavailable({ internal: 'the control plane does not answer', cause })
    } finally {
      asked--
    }
  }

  return {
    async verify({ organization }, user, password, address) {
      const given = password.reveal()
      if (user === '' || given === '') return undefined
      if (user.length > MAX_NAME_CHARACTERS || given.length > MAX_PASSWORD_CHARACTERS) return undefined
      const { outcome, roles } = await ask({ organization, user, password: given, address })
      switch (outcome) {
        case 'accepted':
          return { subject: user, roles, groups: [], attributes: {} }
        case 'refused':
          return undefined
        case 'limited':
          throw identitiesFaults['too-many']()
        case 'second-factor':
          throw identitiesFaults['second-factor']()
      }
    },
  }
}

function checked(
  controlPlane: Pick<ControlPlane, 'call'>,
  body: { organization: string; user: string; password: string; address: string },
): Promise<PasswordAnswer> {
  return controlPlane.call((client) => client.checkPassword({ body }))
}
