import { parseIp } from '@portcullis/cedar/extension/ip'
import { CedarSet, type CedarValue } from '@portcullis/cedar/value'
import { parseStrictObject } from '@portcullis/kernel/strict-json'
import type { RevisionOperation } from '@portcullis/model/revision'
import type { Exchange } from '../exchange.ts'
import type { HeaderList } from '../message/header-list.ts'
import type { Phase } from '../phase.ts'
import { appOf } from '../principal.ts'
import { JsonRecord, LookupRecord, setOfTexts } from './host-value.ts'
import { wallClock } from './wall-clock.ts'

/** One thing that can be asked about a call: `context.method`. */
export interface Word {
  /** Its type in Cedar's words; `Record` for one whose attributes depend on the call. */
  readonly type: 'String' | 'Long' | 'ipaddr' | 'datetime' | 'Set<String>' | 'Record'
  readonly meaning: string
  /** It is known to what runs after this phase; to everything where none is named. */
  readonly knownAfter?: Phase
  /** It is of the body: whoever asks for it has the body read. */
  readonly ofBody?: true
  /** `undefined` where the call has no such thing; a set that nobody fills is empty. */
  readonly read: (x: Exchange) => CedarValue | undefined
}

const word = (each: Word): Word => each

/**
 * All that conditions and rules can ask of a call, as attributes of `context`. The one place: attachments (`when:`),
 * Cedar policies and decision points speak these words.
 */
export const vocabulary: Readonly<Record<string, Word>> = {
  environment: word({
    type: 'String',
    meaning: 'The environment, such as `production`.',
    read: (x) => x.revision.environment,
  }),
  method: word({ type: 'String', meaning: 'The method, such as `GET`.', read: (x) => x.request.method }),
  path: word({
    type: 'String',
    meaning: 'The path as it was sent, without the query.',
    read: ({ request: { target } }) => target.split('?', 1)[0],
  }),
  parameters: word({
    type: 'Record',
    meaning: 'The variables of the path template, by name.',
    read: (x) => new JsonRecord(x.match?.parameters ?? {}),
  }),
  dataClasses: word({
    type: 'Set<String>',
    meaning:
      'The kinds of data that the operation takes or gives, as `x-data-class` in its contract says: `context.dataClasses.contains("healthcare")`.',
    read: (x) => classesOf(x.match?.operation),
  }),
  query: word({
    type: 'Record',
    meaning: 'The parameters of the query, by name. One that comes more than once is as if absent.',
    read: (x) => queryOf(x.request.target),
  }),
  headers: word({
    type: 'Record',
    meaning:
      'The fields of the request, by name in lower case: `context.headers["x-region"]`. One that comes more than once is as if absent.',
    read: (x) => headersOf(x.request.headers),
  }),
  address: word({
    type: 'ipaddr',
    meaning: 'The address of the caller: `context.address.isInRange(ip("192.0.2.0/24"))`.',
    read: (x) => parseIp(x.request.remoteAddress),
  }),
  country: word({
    type: 'String',
    meaning: 'The country of the caller (ISO 3166-1, two letters), where a policy has found it.',
    read: (x) => x.country,
  }),
  risk: word({
    type: 'Long',
    meaning: 'How suspicious the call is, from 0 to 100, where a policy has judged it.',
    read: (x) => x.risk,
  }),
  time: word({
    type: 'datetime',
    meaning: 'When the call came: `context.time < datetime("2027-01-01")`.',
    read: (x) => ({ kind: 'datetime', milliseconds: x.receivedAt }),
  }),
  zone: word({
    type: 'Record',
    meaning:
      'The clock on the wall of a time zone, with `weekday` (`"monday"`), `hour`, `minute` and `date`: `context.zone["Europe/Berlin"].hour < 18`.',
    read: (x) =>
      new LookupRecord(
        (name) => wallClock(name, x.receivedAt),
        () => [],
      ),
  }),
  app: word({
    type: 'String',
    meaning: 'The app that calls; where a document describes the client, the app that stands for it.',
    knownAfter: 'authenticate',
    read: ({ principal }) => principal && appOf(principal),
  }),
  claims: word({
    type: 'Record',
    meaning: 'What the credential says, by name. Null and fractions are as if absent.',
    knownAfter: 'authenticate',
    read: ({ principal }) => (principal === undefined ? undefined : new JsonRecord(principal.claims)),
  }),
  authorizationDetails: word({
    type: 'Record',
    meaning:
      'What the token allows beyond scopes (RFC 9396), by type: `context.authorizationDetails.payment.cents <= 1000`. A type of which there are several is as if absent.',
    knownAfter: 'authenticate',
    read: ({ principal }) => (principal === undefined ? undefined : detailsOf(principal.claims)),
  }),
  scopes: word({
    type: 'Set<String>',
    meaning: 'The scopes that the caller holds.',
    knownAfter: 'authenticate',
    read: (x) => setOfTexts(x.principal?.scopes),
  }),
  roles: word({
    type: 'Set<String>',
    meaning: 'The roles of the caller.',
    knownAfter: 'authenticate',
    read: (x) => setOfTexts(x.principal?.roles),
  }),
  groups: word({
    type: 'Set<String>',
    meaning: 'The groups of the caller.',
    knownAfter: 'authenticate',
    read: (x) => setOfTexts(x.principal?.groups),
  }),
  acr: word({
    type: 'String',
    meaning: 'How the user signed in (`acr`), where the issuer says so.',
    knownAfter: 'authenticate',
    read: (x) => x.principal?.authentication?.context,
  }),
  subscription: word({
    type: 'String',
    meaning: 'The subscription under which the app calls.',
    knownAfter: 'subscribe',
    read: (x) => x.subscriber?.subscription,
  }),
  product: word({
    type: 'String',
    meaning: 'The product to which it subscribes.',
    knownAfter: 'subscribe',
    read: (x) => x.subscriber?.product,
  }),
  plan: word({
    type: 'String',
    meaning: 'The plan on which it subscribes.',
    knownAfter: 'subscribe',
    read: (x) => x.subscriber?.plan,
  }),
  body: word({
    type: 'Record',
    meaning:
      'The body, where it is a JSON object without a name that comes twice, at most 32 deep: `context.body.amount > 1000`. Conditions and expressions read up to 64 KiB of it, `authorize` up to its `maxBodyBytes`; a larger one is as if absent.',
    knownAfter: 'authenticate',
    ofBody: true,
    read: bodyOf,
  }),
}

const classes = new WeakMap<RevisionOperation, CedarSet>()

function classesOf(operation: RevisionOperation | undefined): CedarSet {
  if (operation?.dataClasses === undefined) return setOfTexts(undefined)
  const known = classes.get(operation)
  if (known !== undefined) return known
  const made = new CedarSet(operation.dataClasses)
  classes.set(operation, made)
  return made
}

function queryOf(target: string): LookupRecord {
  const start = target.indexOf('?')
  const parameters = new URLSearchParams(start === -1 ? '' : target.slice(start + 1))
  return new LookupRecord(
    (name) => only(parameters.getAll(name)),
    () => new Set(parameters.keys()),
  )
}

function headersOf(headers: HeaderList): LookupRecord {
  return new LookupRecord(
    (name) => only(headers.all(name)),
    () => new Set(headers.flat().flatMap((name, i) => (i % 2 === 0 ? [name.toLowerCase()] : []))),
  )
}

/** Who sends two values may mean one for us and another for the backend. */
function only(values: readonly string[]): string | undefined {
  return values.length === 1 ? values[0] : undefined
}

/** Objects and lists in each other; what is deeper is no body to ask. */
const MAX_BODY_DEPTH = 32

function bodyOf(x: Exchange): CedarValue | undefined {
  if (x.body === undefined || x.body.byteLength === 0) return undefined
  // What is no JSON has no fields, and neither has what two readers could read differently, as with a name that comes
  // twice: a rule that asks for one has no answer.
  const json = parseStrictObject(x.body, MAX_BODY_DEPTH)
  return json === undefined ? undefined : new JsonRecord(json)
}

/** One detail of each type; of which of several a condition speaks nobody could say. */
function detailsOf({ authorization_details: details }: Readonly<Record<string, unknown>>): JsonRecord {
  const found = new Map<string, unknown>()
  const twice = new Set<string>()
  for (const each of Array.isArray(details) ? details : []) {
    const type: unknown = each?.type
    if (typeof type !== 'string') continue
    if (found.has(type)) twice.add(type)
    found.set(type, each)
  }
  return new JsonRecord(Object.fromEntries([...found].filter(([type]) => !twice.has(type))))
}
