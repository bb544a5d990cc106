import type { CedarValue, EntityRef } from './value.ts'

/** What a policy sees of an entity: maybe an object of the host that looks things up when asked. */
export interface Entity {
  attribute(name: string): CedarValue | undefined
  /** Undefined where the entity has no such tag. */
  tag(name: string): CedarValue | undefined
  /** Everything above it, at any height; not itself. */
  ancestors(): Iterable<EntityRef>
  /** Whether the other is above it, at any height. */
  isBelow(other: EntityRef): boolean
}

/** Which entities there are. What is not found has no attributes and no ancestors. */
export interface Entities {
  find(ref: EntityRef): Entity | undefined
}

export const noEntities: Entities = { find: () => undefined }

export interface EntityData {
  readonly ref: EntityRef
  readonly attributes: ReadonlyMap<string, CedarValue>
  readonly tags?: ReadonlyMap<string, CedarValue>
  /** Direct ones. */
  readonly parents?: readonly EntityRef[]
}

class KnownEntity implements Entity {
  readonly #data: EntityData
  readonly #ancestors: ReadonlyMap<string, EntityRef>

  constructor(data: EntityData, ancestors: ReadonlyMap<string, EntityRef>) {
    this.#data = data
    this.#ancestors = ancestors
  }

  attribute(name: string): CedarValue | undefined {
    return this.#data.attributes.get(name)
  }

  tag(name: string): CedarValue | undefined {
    return this.#data.tags?.get(name)
  }

  ancestors(): Iterable<EntityRef> {
    return this.#ancestors.values()
  }

  isBelow(other: EntityRef): boolean {
    return this.#ancestors.has(other.key)
  }
}

/** Entities that are known beforehand. Who stands above whom is worked out here, once. */
export function knownEntities(data: readonly EntityData[]): Entities {
  const byKey = new Map(data.map((entity) => [entity.ref.key, entity]))
  const found = new Map(data.map((entity) => [entity.ref.key, new KnownEntity(entity, above(entity, byKey))]))
  return { find: (ref) => found.get(ref.key) }
}

function above(entity: EntityData, all: ReadonlyMap<string, EntityData>): Map<string, EntityRef> {
  const ancestors = new Map<string, EntityRef>()
  const waiting = [...(entity.parents ?? [])]
  for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
    if (ancestors.has(ref.key)) continue
    ancestors.set(ref.key, ref)
    waiting.push(...(all.get(ref.key)?.parents ?? []))
  }
  return ancestors
}
