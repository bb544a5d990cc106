import { canonicalJson, type Json } from '@portcullis/kernel/json'
import { compileExpression } from '../compile/expression.ts'
import { objectOf } from '../compile/node.ts'
import type { EstExpression, EstPolicy } from '../est.ts'
import { addLongs, LONG_MAX, LONG_MIN, type Long, subtractLongs } from '../long.ts'
import { type CedarValue, type HashKey, hashKey } from '../value.ts'

/** What is certain of one expression whenever a policy holds. */
export interface Fact {
  /** One of these; any where it is undefined. */
  readonly among?: ReadonlySet<HashKey>
  readonly notAmong?: ReadonlySet<HashKey>
  /** Of Longs and times. */
  readonly least?: Long
  readonly most?: Long
}

/** By expression. What holds together with a policy, as far as it is simple enough to be sure. */
export type Facts = ReadonlyMap<string, Fact>

/**
 * What must be true whenever the policy's conditions hold; undefined where they never do. A condition that is more
 * than comparisons with constants, joined by `&&`, counts as one expression that is true: so two of the same are
 * recognised, and nothing is claimed of different ones.
 */
export function factsOf(policy: EstPolicy): Facts | undefined {
  const facts = new Map<string, Fact>()
  for (const { kind, body } of policy.conditions) collect(body, kind === 'when', facts)
  return [...facts].every(([, fact]) => isPossible(fact)) ? facts : undefined
}

/** What both facts say; undefined where no request can do both. */
export function joinFacts(a: Facts, b: Facts): Facts | undefined {
  const joined = new Map(a)
  for (const [key, fact] of b) add(joined, key, fact)
  return [...joined.values()].every(isPossible) ? joined : undefined
}

/** True only where whoever is certain of the one is certain of the other. */
export function factsImply(known: Facts, asked: Facts): boolean {
  return [...asked].every(([key, fact]) => {
    const own = known.get(key)
    return own !== undefined && factImplies(own, fact)
  })
}

function factImplies(known: Fact, asked: Fact): boolean {
  if (known.among !== undefined) return [...known.among].every((value) => allows(asked, value))
  if (asked.among !== undefined) return false
  if (asked.least !== undefined && (known.least === undefined || known.least < asked.least)) return false
  if (asked.most !== undefined && (known.most === undefined || known.most > asked.most)) return false
  return [...(asked.notAmong ?? [])].every((value) => !allows(known, value))
}

function allows({ among, notAmong, least, most }: Fact, value: HashKey): boolean {
  if (among !== undefined && !among.has(value)) return false
  if (notAmong?.has(value) === true) return false
  if (least === undefined && most === undefined) return true
  const size = sizeOfKey(value)
  return size !== undefined && (least === undefined || size >= least) && (most === undefined || size <= most)
}

function isPossible(fact: Fact): boolean {
  if (fact.among !== undefined) return [...fact.among].some((value) => allows(fact, value))
  const [least, most] = [fact.least ?? LONG_MIN, fact.most ?? LONG_MAX]
  return least < most || (least === most && fact.notAmong?.has(least) !== true)
}

const never: Fact = { among: new Set() }
const isTrue: Fact = { among: new Set([true]) }
const isFalse: Fact = { among: new Set([false]) }

/** What follows from the expression being true, or from its being false. */
function collect(expression: EstExpression, truth: boolean, facts: Map<string, Fact>): void {
  const both = truth ? expression['&&'] : expression['||']
  if (both !== undefined) {
    const { left, right } = objectOf(both, 'chain')
    collect(objectOf(left, 'chain'), truth, facts)
    collect(objectOf(right, 'chain'), truth, facts)
  } else if (expression['!'] !== undefined) {
    collect(objectOf(objectOf(expression['!'], '!').arg, '!'), !truth, facts)
  } else collectTerm(expression, truth, facts)
}

function collectTerm(expression: EstExpression, truth: boolean, facts: Map<string, Fact>): void {
  const { constant } = compileExpression(expression)
  if (constant !== undefined) {
    if (constant !== truth) add(facts, '', never)
    return
  }
  const compared = comparisonOf(expression, truth)
  if (compared !== undefined) add(facts, compared.key, compared.fact)
  else add(facts, canonicalJson(expression), truth ? isTrue : isFalse)
}

interface Comparison {
  readonly key: string
  readonly fact: Fact
}

const opposites: { readonly [operator: string]: string } = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
}
const mirrored: { readonly [operator: string]: string } = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' }

function comparisonOf(expression: EstExpression, truth: boolean): Comparison | undefined {
  const [entry] = Object.entries(expression)
  if (entry === undefined) return undefined
  const [operator, content] = entry
  if (operator === 'contains') return membershipOf(content, truth)
  if (opposites[operator] === undefined) return undefined
  const { left, right } = objectOf(content, operator)
  const asked = truth ? operator : (opposites[operator] as string)
  return (
    comparedWith(left, asked, compileExpression(right).constant) ??
    comparedWith(right, mirrored[asked] ?? asked, compileExpression(left).constant)
  )
}

function comparedWith(
  expression: Json | undefined,
  operator: string,
  constant: CedarValue | undefined,
): Comparison | undefined {
  if (constant === undefined) return undefined
  const key = canonicalJson(expression)
  if (operator === '==') return { key, fact: { among: new Set([hashKey(constant)]) } }
  if (operator === '!=') return { key, fact: { notAmong: new Set([hashKey(constant)]) } }
  const size = sizeOfKey(hashKey(constant))
  if (size === undefined) return undefined
  const [least, most] = rangeOf(operator, size)
  if (least === undefined && most === undefined) return { key, fact: never }
  return { key, fact: { ...(least === undefined ? {} : { least }), ...(most === undefined ? {} : { most }) } }
}

/** From and to; neither where nothing is so small or so great. */
function rangeOf(operator: string, size: Long): [Long | undefined, Long | undefined] {
  switch (operator) {
    case '<':
      return [undefined, subtractLongs(size, 1)]
    case '<=':
      return [undefined, size]
    case '>':
      return [addLongs(size, 1), undefined]
    default:
      return [size, undefined]
  }
}

function membershipOf(content: Json, truth: boolean): Comparison | undefined {
  const { left, right } = objectOf(content, 'contains')
  const { constant } = compileExpression(left)
  if (typeof constant !== 'object' || constant.kind !== 'set') return undefined
  const values = new Set(constant.elements.map(hashKey))
  return { key: canonicalJson(right), fact: truth ? { among: values } : { notAmong: values } }
}

/** Longs alone: times are compared as one expression that is true. */
function sizeOfKey(value: HashKey): Long | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined
}

function add(facts: Map<string, Fact>, key: string, more: Fact): void {
  const known = facts.get(key)
  facts.set(key, known === undefined ? more : join(known, more))
}

function join(a: Fact, b: Fact): Fact {
  const among =
    a.among === undefined || b.among === undefined ? (a.among ?? b.among) : common(a.among, b.among)
  const notAmong = new Set([...(a.notAmong ?? []), ...(b.notAmong ?? [])])
  const least = greatest(a.least, b.least)
  const most = smallest(a.most, b.most)
  return {
    ...(among === undefined ? {} : { among }),
    ...(notAmong.size === 0 ? {} : { notAmong }),
    ...(least === undefined ? {} : { least }),
    ...(most === undefined ? {} : { most }),
  }
}

function common(a: ReadonlySet<HashKey>, b: ReadonlySet<HashKey>): ReadonlySet<HashKey> {
  return new Set([...a].filter((value) => b.has(value)))
}

function greatest(a: Long | undefined, b: Long | undefined): Long | undefined {
  return a === undefined || b === undefined ? (a ?? b) : a > b ? a : b
}

function smallest(a: Long | undefined, b: Long | undefined): Long | undefined {
  return a === undefined || b === undefined ? (a ?? b) : a < b ? a : b
}
