import { type Entities, type Entity, noEntities } from '@portcullis/cedar/entity'
import type { CedarRequest } from '@portcullis/cedar/request'
import { type CedarRecord, type CedarValue, EntityRef } from '@portcullis/cedar/value'
import type { RevisionApi, RevisionOperation } from '@portcullis/model/revision'
import type { Exchange } from '../exchange.ts'
import type { Principal } from '../principal.ts'
import { vocabulary } from './vocabulary.ts'

/**
 * A call as Cedar sees it. Who calls is `User::"ada"`, or `App::"robot"` where no user is involved, below its roles
 * (`Role::"admin"`) and groups (`Group::"sales"`); what they want is `Action::"orderItem"`, the operation's id; with
 * what is `ApiVersion::"warehouse/v1"`, below `Api::"warehouse"`. Everything else is in `context`, whose words are the
 * vocabulary. Nothing is computed before it is asked for, and then once for each request made here.
 */
export function callRequest(x: Exchange): CedarRequest {
  return new CallRequest(x)
}

/** What there is besides `context`: the types, which variable may be of them, and their attributes. */
export const entityShapes = {
  User: { is: 'principal', attributes: ['issuer', 'app'] },
  App: { is: 'principal', attributes: ['issuer', 'app'] },
  Anonymous: { is: 'principal', attributes: [] },
  Role: { is: undefined, attributes: [] },
  Group: { is: undefined, attributes: [] },
  Action: { is: 'action', attributes: [] },
  ApiVersion: { is: 'resource', attributes: ['api', 'version', 'classification', 'deprecated'] },
  Api: { is: undefined, attributes: [] },
} as const satisfies Readonly<Record<string, EntityShape>>

export interface EntityShape {
  readonly is: 'principal' | 'action' | 'resource' | undefined
  readonly attributes: readonly string[]
}

const NOBODY = new EntityRef('Anonymous', 'anonymous')
const NO_ACTION = new EntityRef('Action', 'none')
const NO_RESOURCE = new EntityRef('ApiVersion', 'none')

class CallRequest implements CedarRequest {
  readonly #x: Exchange
  #context: CedarRecord | undefined
  #entities: Entities | undefined

  constructor(x: Exchange) {
    this.#x = x
  }

  get principal(): EntityRef {
    return this.#x.principal === undefined ? NOBODY : principals(this.#x.principal).ref
  }

  get action(): EntityRef {
    return this.#x.match === undefined ? NO_ACTION : actions(this.#x.match.operation)
  }

  get resource(): EntityRef {
    return this.#x.match === undefined ? NO_RESOURCE : apiVersionEntity(this.#x.match.api).ref
  }

  get context(): CedarRecord {
    this.#context ??= new CallContext(this.#x)
    return this.#context
  }

  get entities(): Entities {
    this.#entities ??= entitiesOf(this.#x)
    return this.#entities
  }
}

function entitiesOf({ principal, match }: Exchange): Entities {
  const known: Known[] = []
  if (principal !== undefined) known.push(principals(principal))
  if (match !== undefined) known.push(apiVersionEntity(match.api))
  if (known.length === 0) return noEntities
  return { find: (ref) => known.find((each) => each.ref.equals(ref))?.entity }
}

class CallContext implements CedarRecord {
  readonly kind = 'record'
  readonly #x: Exchange
  readonly #known = new Map<string, CedarValue | undefined>()

  constructor(x: Exchange) {
    this.#x = x
  }

  attribute(name: string): CedarValue | undefined {
    if (this.#known.has(name)) return this.#known.get(name)
    const value = Object.hasOwn(vocabulary, name) ? vocabulary[name]?.read(this.#x) : undefined
    this.#known.set(name, value)
    return value
  }

  names(): Iterable<string> {
    return Object.keys(vocabulary)
  }
}

export interface Known {
  readonly ref: EntityRef
  readonly entity: Entity
}

/** Made once for each object that it is made of. */
function once<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, V>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}

const principals = once(({ client, subject, issuer, roles, groups }: Principal): Known => {
  const ref = subject === client ? new EntityRef('App', client) : new EntityRef('User', subject)
  const above = [
    ...[...(roles ?? [])].map((role) => new EntityRef('Role', role)),
    ...[...(groups ?? [])].map((group) => new EntityRef('Group', group)),
  ]
  return { ref, entity: entityOf({ issuer, app: client }, above) }
})

const actions = once(({ id }: RevisionOperation) => new EntityRef('Action', id))

/** An API version as rules see it. */
export const apiVersionEntity = once(({ api, version, classification, deprecated }: RevisionApi): Known => {
  const ref = new EntityRef('ApiVersion', `${api}/${version}`)
  return { ref, entity: entityOf({ api, version, classification, deprecated }, [new EntityRef('Api', api)]) }
})

export function entityOf(
  attributes: Readonly<Record<string, CedarValue>>,
  above: readonly EntityRef[],
): Entity {
  const keys = new Set(above.map((each) => each.key))
  return {
    attribute: (name) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined),
    tag: () => undefined,
    ancestors: () => above,
    isBelow: (other) => keys.has(other.key),
  }
}
