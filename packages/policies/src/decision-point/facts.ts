import type { CedarValue } from '@portcullis/cedar/value'
import { type PointerPath, pathOf } from '@portcullis/kernel/json-pointer'
import { callRequest } from '@portcullis/policy-kit/condition/call-context'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { DecisionPointConfig, Question } from './contract.ts'

export type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json }

/** Something that is told of a call, and where it was found. */
export interface Fact {
  readonly path: PointerPath
  readonly value: Json
}

export interface Thing {
  readonly type: string
  readonly id: string
  readonly facts: readonly Fact[]
}

/** What a decision point is asked about one call. */
export interface Inquiry {
  readonly subject: Thing
  readonly questions: readonly { readonly action: string; readonly resource: Thing }[]
  readonly context: readonly Fact[]
}

/** Ready to tell of calls: pointers are taken apart once. */
export function inquirer({ send, questions }: DecisionPointConfig): (x: Exchange) => Inquiry {
  const [ofSubject, ofResource, ofContext] = [send.subject, send.resource, send.context].map((pointers) =>
    pointers.map(pathOf),
  ) as [PointerPath[], PointerPath[], PointerPath[]]
  const asked = questions.map(readyQuestion)

  return (x) => {
    const request = callRequest(x)
    const find = (path: PointerPath): Json | undefined => {
      let value: CedarValue | undefined = request.context
      for (const name of path) {
        value = typeof value === 'object' && value.kind === 'record' ? value.attribute(name) : undefined
      }
      return jsonOf(value, x)
    }
    const factsAt = (paths: readonly PointerPath[]): Fact[] =>
      paths.flatMap((path) => {
        const value = find(path)
        return value === undefined ? [] : [{ path, value }]
      })
    const { principal, action, resource } = request
    const own = factsAt(ofResource)
    return {
      subject: { type: principal.type, id: principal.id, facts: factsAt(ofSubject) },
      questions: asked.map((question) => ({
        action: question.action ?? action.id,
        resource: thingOf(question, resource, find, own),
      })),
      context: factsAt(ofContext),
    }
  }
}

interface ReadyQuestion {
  readonly action: string | undefined
  readonly resource: { readonly type: string; readonly path: PointerPath } | undefined
}

function readyQuestion({ action, resource }: Question): ReadyQuestion {
  return { action, resource: resource && { type: resource.type, path: pathOf(resource.id) } }
}

/** A call that does not tell which thing it is about is asked about one without a name, of which no rule speaks. */
function thingOf(
  { resource: named }: ReadyQuestion,
  called: { readonly type: string; readonly id: string },
  find: (path: PointerPath) => Json | undefined,
  facts: readonly Fact[],
): Thing {
  if (named === undefined) return { type: called.type, id: called.id, facts }
  const id = find(named.path)
  const text = typeof id === 'string' || typeof id === 'number' ? String(id) : ''
  return { type: named.type, id: text, facts }
}

/** A value as JSON has it; of a record what its names lead to. A number beyond 2^53 becomes text. */
function jsonOf(value: CedarValue | undefined, x: Exchange): Json | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined
    case 'object':
      break
    case 'bigint':
      return String(value)
    default:
      return value
  }
  switch (value.kind) {
    case 'set':
      return value.elements.flatMap((each) => jsonOf(each, x) ?? []).toSorted()
    case 'record': {
      const members = [...value.names()].flatMap((name) => {
        const member = jsonOf(value.attribute(name), x)
        return member === undefined ? [] : [[name, member] as const]
      })
      return Object.fromEntries(members)
    }
    case 'datetime':
      return new Date(x.receivedAt).toISOString()
    case 'ipaddr':
      return x.request.remoteAddress
    default:
      // No word of the vocabulary is of another type.
      return undefined
  }
}

/** Facts as one object, each where its path says: `{ claims: { tier: 'gold' } }`. */
export function nested(facts: readonly Fact[]): Record<string, Json> {
  const whole: Record<string, Json> = Object.create(null) as Record<string, Json>
  for (const { path, value } of facts) {
    let at = whole
    for (const name of path.slice(0, -1)) {
      const inner = at[name]
      const next = isObject(inner) ? inner : (Object.create(null) as Record<string, Json>)
      at[name] = next
      at = next as Record<string, Json>
    }
    at[path.at(-1) as string] = value
  }
  return whole
}

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && !Array.isArray(value)
}
