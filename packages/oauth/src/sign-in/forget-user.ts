import {
  accountLinks,
  knownBrowsers,
  passkeys,
  passwords,
  passwordTokens,
  secondFactors,
  userCodes,
} from '@portcullis/model/collection'
import { type Change, remove, removeWhere } from '@portcullis/ports/store/port'

/** What was kept for a user goes with the user: another of the same name must not find it. */
export function forgetUser(organization: string, user: string): Change[] {
  return [
    remove(passwords, organization, user),
    remove(secondFactors, organization, user),
    remove(userCodes, organization, user),
    removeWhere(passwordTokens, organization, 'user', user),
    removeWhere(accountLinks, organization, 'user', user),
    removeWhere(passkeys, organization, 'user', user),
    removeWhere(knownBrowsers, organization, 'user', user),
  ]
}
