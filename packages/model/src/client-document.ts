import { z } from '@portcullis/kernel/schema'
import { isLoopback } from './loopback.ts'

/** As long as a client's name may be wherever it is written down. */
const MOST_CHARACTERS = 256

/**
 * Whether a `client_id` is the address of a document in which the client describes itself
 * (draft-ietf-oauth-client-id-metadata-document-02 §3). It is written as a browser would write it, so that two texts are
 * two clients and a place is a beginning of the text: no dot segments, no user, no default port, nothing in upper case
 * that does not count. Without query and fragment. http leads to this machine alone, for whoever develops an app there.
 */
export function isClientDocumentUrl(id: string): boolean {
  if (id.length > MOST_CHARACTERS) return false
  const url = URL.parse(id)
  if (url === null || url.href !== id || id.includes('?') || id.includes('#')) return false
  if (url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
}

/** One document, or every one below an address that ends with a slash. */
export const clientDocumentPlace = z
  .string()
  .refine(isClientDocumentUrl, 'https://HOST/PATH without user, query and fragment, as a browser writes it')

/** That clients with documents at a place call under the subscriptions of an app. */
export const documentApp = z.strictObject({ place: z.string(), app: z.string() })
export type DocumentApp = z.infer<typeof documentApp>

/** Whether the document of a client lies at a place. */
export function liesAt(clientId: string, place: string): boolean {
  return place.endsWith('/') ? clientId.startsWith(place) && clientId !== place : clientId === place
}

/** The app that stands for a client which a document describes; absent where none does. Places of two apps never overlap. */
export function appOfDocument(documents: readonly DocumentApp[], clientId: string): string | undefined {
  if (documents.length === 0 || !isClientDocumentUrl(clientId)) return undefined
  return documents.find(({ place }) => liesAt(clientId, place))?.app
}
