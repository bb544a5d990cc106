import type { Json } from '@portcullis/kernel/json'
import { EvaluationError } from '../evaluation-error.ts'
import { matchPattern } from '../like.ts'
import type { CedarRequest, ScopeVariable } from '../request.ts'
import type { CedarValue, EntityRef } from '../value.ts'
import { type Code, fold, type Run, type Test, testing } from './code.ts'
import { expecting } from './expect.ts'
import { chainOf } from './logic.ts'
import { type CompileNode, listOf, membersOf, textOf, unsupported } from './node.ts'

/** Undefined where it is missing; throws where the value can have no attributes. */
type ReadAttribute = (value: CedarValue, request: CedarRequest) => CedarValue | undefined

function readingOf(name: string): ReadAttribute {
  const error = new EvaluationError(`.${name}: expected entity or record`)
  return (value, request) => {
    if (typeof value === 'object') {
      if (value.kind === 'record') return value.attribute(name)
      if (value.kind === 'entity') return request.entities.find(value)?.attribute(name)
    }
    throw error
  }
}

function attributeOf(left: Code, name: string): Code {
  const find = findingOf(left, name)
  const missing = new EvaluationError(`.${name}: there is no such attribute`)
  const run: Run = (request) => {
    const value = find(request)
    if (value === undefined) throw missing
    return value
  }
  return foldUnlessEntity(left, { run })
}

/** Short ways to what is asked most. */
function findingOf(left: Code, name: string): (request: CedarRequest) => CedarValue | undefined {
  const { run, variable } = left
  if (variable === 'context') return (request) => request.context.attribute(name)
  if (variable !== undefined) return (request) => request.entities.find(request[variable])?.attribute(name)
  const read = readingOf(name)
  return (request) => read(run(request), request)
}

function presenceOf(left: Code, name: string): Code {
  const find = findingOf(left, name)
  return foldUnlessEntity(
    left,
    testing((request) => find(request) !== undefined),
  )
}

/** What an entity has is known only with the request, even where its name is constant. */
function foldUnlessEntity(left: Code, code: Code): Code {
  return typeof left.constant === 'object' && left.constant.kind === 'entity' ? code : fold([left], code)
}

const compileAttribute: CompileNode = (content, compile) => {
  const { left, attr } = membersOf(content, '.', ['left', 'attr'])
  return attributeOf(compile(left), textOf(attr, '.'))
}

/** `x has a.b` asks `x has a && x.a has b`. */
const compileHas: CompileNode = (content, compile) => {
  const { left, attr } = membersOf(content, 'has', ['left', 'attr'])
  const names = Array.isArray(attr)
    ? listOf(attr, 'has').map((name) => textOf(name, 'has'))
    : [textOf(attr, 'has')]
  if (names.length === 0) throw unsupported('has: no attribute')
  let from = compile(left)
  const tests: Test[] = []
  for (const name of names) {
    const present = presenceOf(from, name)
    tests.push(present.test as Test)
    if (names.length === 1) return present
    from = attributeOf(from, name)
  }
  return chainOf(tests, false)
}

const compileGetTag: CompileNode = (content, compile) => {
  const parts = membersOf(content, 'getTag', ['left', 'right'])
  const [left, right] = [compile(parts.left), compile(parts.right)]
  const [asEntity, asText] = [expecting('entity', 'getTag'), expecting('string', 'getTag')]
  const missing = new EvaluationError('getTag: there is no such tag')
  return {
    run: (request) => {
      const ref = asEntity(left.run(request))
      const value = request.entities.find(ref)?.tag(asText(right.run(request)))
      if (value === undefined) throw missing
      return value
    },
  }
}

const compileHasTag: CompileNode = (content, compile) => {
  const parts = membersOf(content, 'hasTag', ['left', 'right'])
  const [left, right] = [compile(parts.left), compile(parts.right)]
  const [asEntity, asText] = [expecting('entity', 'hasTag'), expecting('string', 'hasTag')]
  return testing((request) => {
    const ref = asEntity(left.run(request))
    const name = asText(right.run(request))
    return request.entities.find(ref)?.tag(name) !== undefined
  })
}

/** Whether one is the other or below it. */
export function isIn(ref: EntityRef, other: EntityRef, request: CedarRequest): boolean {
  return ref.equals(other) || (request.entities.find(ref)?.isBelow(other) ?? false)
}

function isInOneOf(ref: EntityRef, others: readonly EntityRef[], request: CedarRequest): boolean {
  for (const other of others) if (ref.equals(other)) return true
  const entity = request.entities.find(ref)
  if (entity === undefined) return false
  for (const other of others) if (entity.isBelow(other)) return true
  return false
}

function inOf(left: Code, right: Code): Code {
  const [asEntity, asElement] = [expecting('entity', 'in'), expecting('entity', 'in')]
  const error = new EvaluationError('in: expected entity or set of entities')
  const refsOf = (value: CedarValue): EntityRef | readonly EntityRef[] => {
    if (typeof value === 'object' && value.kind === 'entity') return value
    if (typeof value === 'object' && value.kind === 'set') return value.elements.map(asElement)
    throw error
  }
  const test: Test = (request) => {
    const ref = asEntity(left.run(request))
    const refs = refsOf(right.run(request))
    return Array.isArray(refs) ? isInOneOf(ref, refs, request) : isIn(ref, refs as EntityRef, request)
  }
  return testing(constantRefs(left, right, asEntity) ?? test)
}

/** The usual case, that the right side is written out. */
function constantRefs(left: Code, right: Code, asEntity: (value: CedarValue) => EntityRef): Test | undefined {
  const { constant } = right
  if (typeof constant !== 'object') return undefined
  if (constant.kind === 'entity') return (request) => isIn(asEntity(left.run(request)), constant, request)
  if (constant.kind !== 'set') return undefined
  const refs = constant.elements.filter((element) => typeof element === 'object' && element.kind === 'entity')
  if (refs.length !== constant.elements.length) return undefined
  return (request) => isInOneOf(asEntity(left.run(request)), refs as EntityRef[], request)
}

const compileIn: CompileNode = (content, compile) => {
  const { left, right } = membersOf(content, 'in', ['left', 'right'])
  return inOf(compile(left), compile(right))
}

const compileIs: CompileNode = (content, compile) => {
  const parts = membersOf(content, 'is', ['left', 'entity_type', 'in'])
  const left = compile(parts.left)
  const type = textOf(parts.entity_type, 'is')
  const asEntity = expecting('entity', 'is')
  const is = fold(
    [left],
    testing((request) => asEntity(left.run(request)).type === type),
  )
  if (parts.in === undefined) return is
  return chainOf([is.test as Test, inOf(left, compile(parts.in)).test as Test], false)
}

const compileLike: CompileNode = (content, compile) => {
  const { left, pattern } = membersOf(content, 'like', ['left', 'pattern'])
  const part = compile(left)
  const parts = patternOf(listOf(pattern, 'like'))
  const asText = expecting('string', 'like')
  return fold(
    [part],
    testing((request) => matchPattern(parts, asText(part.run(request)))),
  )
}

function patternOf(elements: readonly Json[]): string[] {
  const parts = ['']
  for (const element of elements) {
    if (element === 'Wildcard') parts.push('')
    else {
      parts[parts.length - 1] += textOf(membersOf(element, 'like', ['Literal']).Literal, 'like')
    }
  }
  return parts
}

const variables: { readonly [V in ScopeVariable | 'context']: Run } = {
  principal: (request) => request.principal,
  action: (request) => request.action,
  resource: (request) => request.resource,
  context: (request) => request.context,
}

const compileVariable: CompileNode = (content) => {
  const variable = textOf(content, 'Var')
  if (!Object.hasOwn(variables, variable)) throw unsupported(`Var: ${variable}`)
  return { run: variables[variable as keyof typeof variables], variable: variable as keyof typeof variables }
}

export const accessNodes: { readonly [key: string]: CompileNode } = {
  '.': compileAttribute,
  has: compileHas,
  getTag: compileGetTag,
  hasTag: compileHasTag,
  in: compileIn,
  is: compileIs,
  like: compileLike,
  Var: compileVariable,
}
