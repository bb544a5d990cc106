import type { Fault } from '@portcullis/kernel/fault'
import { type PointerPath, pathOf, valueAt } from '@portcullis/kernel/json-pointer'
import { appOfDocument, type DocumentApp } from '@portcullis/model/client-document'
import type { Authentication, Confirmation, Principal } from '@portcullis/policy-kit/principal'

/** What a token says of its caller. Which of the contract's schemes that satisfies is for the policy to say. */
export type TokenIdentity = Omit<Principal, 'schemes'>
export type Claims = Readonly<Record<string, unknown>>

/** Where the claims are of which issuers have different ideas. */
export interface ClaimPlaces {
  readonly client: PointerPath
  readonly subject: PointerPath
  readonly scope: PointerPath
  readonly roles: PointerPath
  readonly groups: PointerPath
  /**
   * Which of the issuer's clients are which of our apps. Absent where they are the same. Any other client is told apart
   * from our apps by its issuer: who can choose their name there must not become an app of ours.
   */
  readonly apps?: Readonly<Record<string, string>>
  /** Of our own issuer: which apps stand for clients that documents describe. */
  readonly documents?: readonly DocumentApp[]
  /** Whose apps these are, where there are any. */
  readonly ownIssuer?: string
}

/** As RFC 9068 §2.2 names them. */
export const standardPlaces: ClaimPlaces = {
  client: pathOf('/client_id'),
  subject: pathOf('/sub'),
  scope: pathOf('/scope'),
  roles: pathOf('/roles'),
  groups: pathOf('/groups'),
}

/** Makes the fault for a claim that is absent or of the wrong shape. */
export type Lacking = (claim: string) => Fault

/**
 * Reads who calls out of claims that are trusted.
 *
 * @throws what `lacking` makes.
 */
export function readIdentity(
  claims: Claims,
  issuer: string,
  places: ClaimPlaces,
  expiresAt: number,
  lacking: Lacking,
): TokenIdentity {
  const told = textAt(claims, places.client, lacking)
  const subject = textAt(claims, places.subject, lacking)
  const roles = textsAt(claims, places.roles, lacking)
  const groups = textsAt(claims, places.groups, lacking)
  const authentication = readAuthentication(claims, lacking)
  const confirmation = readConfirmation(claims.cnf, lacking)
  const app = appOf(told, places)
  const isOthers = places.apps !== undefined
  return {
    issuer,
    client: isOthers ? (app ?? `${told}@${issuer}`) : told,
    ...(app !== undefined && !isOthers && { app }),
    subject,
    scopes: scopesAt(claims, places.scope, lacking),
    ...(roles && { roles }),
    ...(groups && { groups }),
    expiresAt,
    ...(authentication && { authentication }),
    token: {
      issuer,
      id: optionalText(claims, 'jti', lacking),
      client: told,
      ...(app !== undefined && { app: { issuer: places.ownIssuer ?? issuer, name: app } }),
      subject,
      grant: optionalText(claims, 'grant_id', lacking),
      session: optionalText(claims, 'sid', lacking),
      // Who does not say when it was issued gives a token that every revocation of its client or subject covers.
      issuedAt: millisAt(claims, 'iat', lacking) ?? 0,
    },
    ...(confirmation && { confirmation }),
    claims,
  }
}

/** The app that a client is, where its issuer calls that otherwise. */
function appOf(client: string, { apps, documents }: ClaimPlaces): string | undefined {
  if (apps !== undefined) return Object.hasOwn(apps, client) ? apps[client] : undefined
  return documents && appOfDocument(documents, client)
}

/** A NumericDate (RFC 7519 §2), seconds since the epoch and perhaps a fraction, in milliseconds. */
export function millisAt(claims: Claims, name: string, lacking: Lacking): number | undefined {
  const value = claims[name]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !(value >= 0) || value > MAX_DATE_SECONDS) throw lacking(name)
  return value * 1000
}

/** The last moment of a JavaScript date. */
const MAX_DATE_SECONDS = 8.64e12

function textAt(claims: Claims, place: PointerPath, lacking: Lacking): string {
  const value = valueAt(claims, place)
  if (typeof value !== 'string' || value === '') throw lacking(place.join('/'))
  return value
}

function optionalText(claims: Claims, name: string, lacking: Lacking): string | undefined {
  const value = claims[name]
  if (value !== undefined && (typeof value !== 'string' || value === '')) throw lacking(name)
  return value
}

/** One text, divided by spaces (RFC 6749 §3.3), or a list, as some issuers have it. */
function scopesAt(claims: Claims, place: PointerPath, lacking: Lacking): ReadonlySet<string> {
  const value = valueAt(claims, place)
  if (value === undefined || value === '') return NO_TEXTS
  const all = typeof value === 'string' ? value.split(' ').filter((each) => each !== '') : value
  return textSet(all, place, lacking)
}

/** One text or a list of them; or of objects whose `value` it is (RFC 7643 §2.4, to which RFC 9068 §2.2.3.1 points). */
function textsAt(claims: Claims, place: PointerPath, lacking: Lacking): ReadonlySet<string> | undefined {
  const value = valueAt(claims, place)
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return new Set([value])
  return textSet(Array.isArray(value) ? value.map(nameOf) : value, place, lacking)
}

function nameOf(element: unknown): unknown {
  return typeof element === 'object' && element !== null && 'value' in element ? element.value : element
}

function textSet(value: unknown, place: PointerPath, lacking: Lacking): ReadonlySet<string> {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
    throw lacking(place.join('/'))
  }
  return new Set(value)
}

const NO_TEXTS: ReadonlySet<string> = new Set()

function readAuthentication(claims: Claims, lacking: Lacking): Authentication | undefined {
  const context = optionalText(claims, 'acr', lacking)
  const at = millisAt(claims, 'auth_time', lacking)
  if (context === undefined && at === undefined) return undefined
  return { ...(context !== undefined && { context }), ...(at !== undefined && { at }) }
}

/** `cnf` (RFC 7800 §3.1): a member that is not understood would be a binding that nobody holds the caller to. */
function readConfirmation(cnf: unknown, lacking: Lacking): Confirmation | undefined {
  if (cnf === undefined) return undefined
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) throw lacking('cnf')
  const members = Object.entries(cnf)
  if (members.length === 0) throw lacking('cnf')
  const confirmation: { jkt?: string; x5tS256?: string } = {}
  for (const [name, value] of members) {
    const member = confirmations.get(name)
    if (member === undefined || !isThumbprint(value)) throw lacking(`cnf/${name}`)
    confirmation[member] = value
  }
  return confirmation
}

const confirmations: ReadonlyMap<string, keyof Confirmation> = new Map([
  ['jkt', 'jkt'],
  ['x5t#S256', 'x5tS256'],
])

/** 32 bytes in base64url without padding. */
function isThumbprint(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value)
}
