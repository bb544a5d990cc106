import { jsonPointer, pathOf } from '@portcullis/kernel/json-pointer'
import { z } from '@portcullis/kernel/schema'
import type { ClaimPlaces } from './identity.ts'

/** Where an issuer has the claims of which issuers have different ideas. */
export const claimPointers = z.strictObject({
  client: jsonPointer().default('/client_id').describe('The app.'),
  subject: jsonPointer().default('/sub').describe('Whom the token speaks of.'),
  scope: jsonPointer().default('/scope').describe('The scopes: a text, divided by spaces, or a list.'),
  roles: jsonPointer().default('/roles').describe('The roles: a text or a list.'),
  groups: jsonPointer().default('/groups').describe('The groups: a text or a list.'),
})
export type ClaimPointers = z.infer<typeof claimPointers>

/** The pointers taken apart, and which clients are which apps. */
export function placesOf(
  pointers: ClaimPointers,
  clients: Pick<ClaimPlaces, 'apps' | 'documents' | 'ownIssuer'>,
): ClaimPlaces {
  return {
    client: pathOf(pointers.client),
    subject: pathOf(pointers.subject),
    scope: pathOf(pointers.scope),
    roles: pathOf(pointers.roles),
    groups: pathOf(pointers.groups),
    ...clients,
  }
}
